// Turns this process's stderr off and on. TensorFlow writes to it while its libraries load, before any setting is read.
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

static int saved = -1;

static napi_value mute(napi_env env, napi_callback_info info) {
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (saved < 0 && nowhere >= 0) {
    saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (saved >= 0) dup2(nowhere, STDERR_FILENO);
  }
  if (nowhere >= 0) close(nowhere);
  return NULL;
}

static napi_value unmute(napi_env env, napi_callback_info info) {
  if (saved >= 0) {
    dup2(saved, STDERR_FILENO);
    close(saved);
    saved = -1;
  }
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "mute", NAPI_AUTO_LENGTH, mute, NULL, &function);
  napi_set_named_property(env, exports, "mute", function);
  napi_create_function(env, "unmute", NAPI_AUTO_LENGTH, unmute, NULL, &function);
  napi_set_named_property(env, exports, "unmute", function);
  return exports;
}
