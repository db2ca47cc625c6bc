/**
 * A UID made from what it stands for: the same words give the same UID, so writing twice gives the same bytes. 2.25 with
 * the 128 bits of a UUID, version 8 (RFC 9562: made by the application), here from SHA-256.
 */
export async function deriveUid(...words: readonly string[]): Promise<string> {
  const text = ['scanbridge uid', ...words].join('\0')
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  hash[6] = (hash[6]! & 0x0f) | 0x80
  hash[8] = (hash[8]! & 0x3f) | 0x80
  let value = 0n
  for (const byte of hash.subarray(0, 16)) value = (value << 8n) | BigInt(byte)
  return `2.25.${value}`
}
