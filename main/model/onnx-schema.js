/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from 'protobufjs/minimal.js'

const $Reader = $protobuf.Reader,
  $Writer = $protobuf.Writer,
  $util = $protobuf.util
const $Object = $util.global.Object,
  $undefined = $util.global.undefined,
  $Error = $util.global.Error,
  $RangeError = $util.global.RangeError

const $root = $protobuf.roots['default'] || ($protobuf.roots['default'] = {})

export const onnx = ($root.onnx = (() => {
  const onnx = {}

  onnx.AttributeProto = (function () {
    const AttributeProto = function (properties) {
      this.floats = []
      this.ints = []
      this.strings = []
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
    }

    AttributeProto.prototype.name = ''
    AttributeProto.prototype.f = 0
    AttributeProto.prototype.i = $util.Long ? $util.Long.fromBits(0, 0, false) : 0
    AttributeProto.prototype.s = $util.newBuffer([])
    AttributeProto.prototype.t = null
    AttributeProto.prototype.g = $util.newBuffer([])
    AttributeProto.prototype.floats = $util.emptyArray
    AttributeProto.prototype.ints = $util.emptyArray
    AttributeProto.prototype.strings = $util.emptyArray
    AttributeProto.prototype.type = 0
    AttributeProto.prototype.ref_attr_name = ''

    AttributeProto.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create()
      if (_depth === $undefined) _depth = 0
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
      if (message.name != null && $Object.hasOwnProperty.call(message, 'name')) writer.uint32(10).string(message.name)
      if (message.f != null && $Object.hasOwnProperty.call(message, 'f')) writer.uint32(21).float(message.f)
      if (message.i != null && $Object.hasOwnProperty.call(message, 'i')) writer.uint32(24).int64(message.i)
      if (message.s != null && $Object.hasOwnProperty.call(message, 's')) writer.uint32(34).bytes(message.s)
      if (message.t != null && $Object.hasOwnProperty.call(message, 't'))
        $root.onnx.TensorProto.encode(message.t, writer.uint32(42).fork(), _depth + 1).ldelim()
      if (message.g != null && $Object.hasOwnProperty.call(message, 'g')) writer.uint32(50).bytes(message.g)
      if (message.floats != null && message.floats.length)
        for (let i = 0; i < message.floats.length; ++i) writer.uint32(61).float(message.floats[i])
      if (message.ints != null && message.ints.length)
        for (let i = 0; i < message.ints.length; ++i) writer.uint32(64).int64(message.ints[i])
      if (message.strings != null && message.strings.length)
        for (let i = 0; i < message.strings.length; ++i) writer.uint32(74).bytes(message.strings[i])
      if (message.type != null && $Object.hasOwnProperty.call(message, 'type')) writer.uint32(160).int32(message.type)
      if (message.ref_attr_name != null && $Object.hasOwnProperty.call(message, 'ref_attr_name'))
        writer.uint32(170).string(message.ref_attr_name)
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
      return writer
    }

    AttributeProto.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
      if (_depth === $undefined) _depth = 0
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
      let end, message
      if (length === $undefined) end = reader.len
      else {
        end = reader.pos + length
        if (end > reader.len) throw $RangeError('index out of range')
        length = reader.len
        reader.len = end
      }
      message = _target || new $root.onnx.AttributeProto()
      while (reader.pos < end) {
        let start = reader.pos
        let tag = reader.tag()
        if (tag === _end) {
          _end = $undefined
          break
        }
        let wireType = tag & 7
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 2) break
            message.name = reader.string()
            continue
          }
          case 2: {
            if (wireType !== 5) break
            message.f = reader.float()
            continue
          }
          case 3: {
            if (wireType !== 0) break
            message.i = reader.int64()
            continue
          }
          case 4: {
            if (wireType !== 2) break
            message.s = reader.bytes()
            continue
          }
          case 5: {
            if (wireType !== 2) break
            message.t = $root.onnx.TensorProto.decode(reader, reader.size(), $undefined, _depth + 1, message.t)
            continue
          }
          case 6: {
            if (wireType !== 2) break
            message.g = reader.bytes()
            continue
          }
          case 7: {
            if (wireType === 2) {
              if (!(message.floats && message.floats.length)) message.floats = []
              reader.floats(message.floats)
              continue
            }
            if (wireType !== 5) break
            if (!(message.floats && message.floats.length)) message.floats = []
            message.floats.push(reader.float())
            continue
          }
          case 8: {
            if (wireType === 2) {
              if (!(message.ints && message.ints.length)) message.ints = []
              reader.int64s(message.ints)
              continue
            }
            if (wireType !== 0) break
            if (!(message.ints && message.ints.length)) message.ints = []
            message.ints.push(reader.int64())
            continue
          }
          case 9: {
            if (wireType !== 2) break
            if (!(message.strings && message.strings.length)) message.strings = []
            message.strings.push(reader.bytes())
            continue
          }
          case 20: {
            if (wireType !== 0) break
            message.type = reader.int32()
            continue
          }
          case 21: {
            if (wireType !== 2) break
            message.ref_attr_name = reader.string()
            continue
          }
        }
        reader.skipType(wireType, _depth, tag)
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false)
          ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range')
        reader.len = length
      }
      if (_end !== $undefined) throw $Error('missing end group')
      return message
    }

    return AttributeProto
  })()

  onnx.ValueInfoProto = (function () {
    const ValueInfoProto = function (properties) {
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
    }

    ValueInfoProto.prototype.name = ''
    ValueInfoProto.prototype.type = null

    ValueInfoProto.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create()
      if (_depth === $undefined) _depth = 0
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
      if (message.name != null && $Object.hasOwnProperty.call(message, 'name')) writer.uint32(10).string(message.name)
      if (message.type != null && $Object.hasOwnProperty.call(message, 'type'))
        $root.onnx.TypeProto.encode(message.type, writer.uint32(18).fork(), _depth + 1).ldelim()
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
      return writer
    }

    ValueInfoProto.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
      if (_depth === $undefined) _depth = 0
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
      let end, message
      if (length === $undefined) end = reader.len
      else {
        end = reader.pos + length
        if (end > reader.len) throw $RangeError('index out of range')
        length = reader.len
        reader.len = end
      }
      message = _target || new $root.onnx.ValueInfoProto()
      while (reader.pos < end) {
        let start = reader.pos
        let tag = reader.tag()
        if (tag === _end) {
          _end = $undefined
          break
        }
        let wireType = tag & 7
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 2) break
            message.name = reader.string()
            continue
          }
          case 2: {
            if (wireType !== 2) break
            message.type = $root.onnx.TypeProto.decode(reader, reader.size(), $undefined, _depth + 1, message.type)
            continue
          }
        }
        reader.skipType(wireType, _depth, tag)
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false)
          ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range')
        reader.len = length
      }
      if (_end !== $undefined) throw $Error('missing end group')
      return message
    }

    return ValueInfoProto
  })()

  onnx.NodeProto = (function () {
    const NodeProto = function (properties) {
      this.input = []
      this.output = []
      this.attribute = []
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
    }

    NodeProto.prototype.input = $util.emptyArray
    NodeProto.prototype.output = $util.emptyArray
    NodeProto.prototype.name = ''
    NodeProto.prototype.op_type = ''
    NodeProto.prototype.attribute = $util.emptyArray
    NodeProto.prototype.domain = ''

    NodeProto.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create()
      if (_depth === $undefined) _depth = 0
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
      if (message.input != null && message.input.length)
        for (let i = 0; i < message.input.length; ++i) writer.uint32(10).string(message.input[i])
      if (message.output != null && message.output.length)
        for (let i = 0; i < message.output.length; ++i) writer.uint32(18).string(message.output[i])
      if (message.name != null && $Object.hasOwnProperty.call(message, 'name')) writer.uint32(26).string(message.name)
      if (message.op_type != null && $Object.hasOwnProperty.call(message, 'op_type'))
        writer.uint32(34).string(message.op_type)
      if (message.attribute != null && message.attribute.length)
        for (let i = 0; i < message.attribute.length; ++i)
          $root.onnx.AttributeProto.encode(message.attribute[i], writer.uint32(42).fork(), _depth + 1).ldelim()
      if (message.domain != null && $Object.hasOwnProperty.call(message, 'domain'))
        writer.uint32(58).string(message.domain)
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
      return writer
    }

    NodeProto.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
      if (_depth === $undefined) _depth = 0
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
      let end, message
      if (length === $undefined) end = reader.len
      else {
        end = reader.pos + length
        if (end > reader.len) throw $RangeError('index out of range')
        length = reader.len
        reader.len = end
      }
      message = _target || new $root.onnx.NodeProto()
      while (reader.pos < end) {
        let start = reader.pos
        let tag = reader.tag()
        if (tag === _end) {
          _end = $undefined
          break
        }
        let wireType = tag & 7
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 2) break
            if (!(message.input && message.input.length)) message.input = []
            message.input.push(reader.string())
            continue
          }
          case 2: {
            if (wireType !== 2) break
            if (!(message.output && message.output.length)) message.output = []
            message.output.push(reader.string())
            continue
          }
          case 3: {
            if (wireType !== 2) break
            message.name = reader.string()
            continue
          }
          case 4: {
            if (wireType !== 2) break
            message.op_type = reader.string()
            continue
          }
          case 5: {
            if (wireType !== 2) break
            if (!(message.attribute && message.attribute.length)) message.attribute = []
            message.attribute.push($root.onnx.AttributeProto.decode(reader, reader.size(), $undefined, _depth + 1))
            continue
          }
          case 7: {
            if (wireType !== 2) break
            message.domain = reader.string()
            continue
          }
        }
        reader.skipType(wireType, _depth, tag)
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false)
          ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range')
        reader.len = length
      }
      if (_end !== $undefined) throw $Error('missing end group')
      return message
    }

    return NodeProto
  })()

  onnx.ModelProto = (function () {
    const ModelProto = function (properties) {
      this.opset_import = []
      this.metadata_props = []
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
    }

    ModelProto.prototype.ir_version = $util.Long ? $util.Long.fromBits(0, 0, false) : 0
    ModelProto.prototype.producer_name = ''
    ModelProto.prototype.producer_version = ''
    ModelProto.prototype.graph = null
    ModelProto.prototype.opset_import = $util.emptyArray
    ModelProto.prototype.metadata_props = $util.emptyArray

    ModelProto.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create()
      if (_depth === $undefined) _depth = 0
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
      if (message.ir_version != null && $Object.hasOwnProperty.call(message, 'ir_version'))
        writer.uint32(8).int64(message.ir_version)
      if (message.producer_name != null && $Object.hasOwnProperty.call(message, 'producer_name'))
        writer.uint32(18).string(message.producer_name)
      if (message.producer_version != null && $Object.hasOwnProperty.call(message, 'producer_version'))
        writer.uint32(26).string(message.producer_version)
      if (message.graph != null && $Object.hasOwnProperty.call(message, 'graph'))
        $root.onnx.GraphProto.encode(message.graph, writer.uint32(58).fork(), _depth + 1).ldelim()
      if (message.opset_import != null && message.opset_import.length)
        for (let i = 0; i < message.opset_import.length; ++i)
          $root.onnx.OperatorSetIdProto.encode(message.opset_import[i], writer.uint32(66).fork(), _depth + 1).ldelim()
      if (message.metadata_props != null && message.metadata_props.length)
        for (let i = 0; i < message.metadata_props.length; ++i)
          $root.onnx.StringStringEntryProto.encode(
            message.metadata_props[i],
            writer.uint32(114).fork(),
            _depth + 1,
          ).ldelim()
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
      return writer
    }

    ModelProto.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
      if (_depth === $undefined) _depth = 0
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
      let end, message
      if (length === $undefined) end = reader.len
      else {
        end = reader.pos + length
        if (end > reader.len) throw $RangeError('index out of range')
        length = reader.len
        reader.len = end
      }
      message = _target || new $root.onnx.ModelProto()
      while (reader.pos < end) {
        let start = reader.pos
        let tag = reader.tag()
        if (tag === _end) {
          _end = $undefined
          break
        }
        let wireType = tag & 7
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 0) break
            message.ir_version = reader.int64()
            continue
          }
          case 2: {
            if (wireType !== 2) break
            message.producer_name = reader.string()
            continue
          }
          case 3: {
            if (wireType !== 2) break
            message.producer_version = reader.string()
            continue
          }
          case 7: {
            if (wireType !== 2) break
            message.graph = $root.onnx.GraphProto.decode(reader, reader.size(), $undefined, _depth + 1, message.graph)
            continue
          }
          case 8: {
            if (wireType !== 2) break
            if (!(message.opset_import && message.opset_import.length)) message.opset_import = []
            message.opset_import.push(
              $root.onnx.OperatorSetIdProto.decode(reader, reader.size(), $undefined, _depth + 1),
            )
            continue
          }
          case 14: {
            if (wireType !== 2) break
            if (!(message.metadata_props && message.metadata_props.length)) message.metadata_props = []
            message.metadata_props.push(
              $root.onnx.StringStringEntryProto.decode(reader, reader.size(), $undefined, _depth + 1),
            )
            continue
          }
        }
        reader.skipType(wireType, _depth, tag)
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false)
          ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range')
        reader.len = length
      }
      if (_end !== $undefined) throw $Error('missing end group')
      return message
    }

    return ModelProto
  })()

  onnx.StringStringEntryProto = (function () {
    const StringStringEntryProto = function (properties) {
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
    }

    StringStringEntryProto.prototype.key = ''
    StringStringEntryProto.prototype.value = ''

    StringStringEntryProto.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create()
      if (_depth === $undefined) _depth = 0
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
      if (message.key != null && $Object.hasOwnProperty.call(message, 'key')) writer.uint32(10).string(message.key)
      if (message.value != null && $Object.hasOwnProperty.call(message, 'value'))
        writer.uint32(18).string(message.value)
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
      return writer
    }

    StringStringEntryProto.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
      if (_depth === $undefined) _depth = 0
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
      let end, message
      if (length === $undefined) end = reader.len
      else {
        end = reader.pos + length
        if (end > reader.len) throw $RangeError('index out of range')
        length = reader.len
        reader.len = end
      }
      message = _target || new $root.onnx.StringStringEntryProto()
      while (reader.pos < end) {
        let start = reader.pos
        let tag = reader.tag()
        if (tag === _end) {
          _end = $undefined
          break
        }
        let wireType = tag & 7
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 2) break
            message.key = reader.string()
            continue
          }
          case 2: {
            if (wireType !== 2) break
            message.value = reader.string()
            continue
          }
        }
        reader.skipType(wireType, _depth, tag)
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false)
          ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range')
        reader.len = length
      }
      if (_end !== $undefined) throw $Error('missing end group')
      return message
    }

    return StringStringEntryProto
  })()

  onnx.GraphProto = (function () {
    const GraphProto = function (properties) {
      this.node = []
      this.initializer = []
      this.input = []
      this.output = []
      this.sparse_initializer = []
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
    }

    GraphProto.prototype.node = $util.emptyArray
    GraphProto.prototype.name = ''
    GraphProto.prototype.initializer = $util.emptyArray
    GraphProto.prototype.input = $util.emptyArray
    GraphProto.prototype.output = $util.emptyArray
    GraphProto.prototype.sparse_initializer = $util.emptyArray

    GraphProto.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create()
      if (_depth === $undefined) _depth = 0
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
      if (message.node != null && message.node.length)
        for (let i = 0; i < message.node.length; ++i)
          $root.onnx.NodeProto.encode(message.node[i], writer.uint32(10).fork(), _depth + 1).ldelim()
      if (message.name != null && $Object.hasOwnProperty.call(message, 'name')) writer.uint32(18).string(message.name)
      if (message.initializer != null && message.initializer.length)
        for (let i = 0; i < message.initializer.length; ++i)
          $root.onnx.TensorProto.encode(message.initializer[i], writer.uint32(42).fork(), _depth + 1).ldelim()
      if (message.input != null && message.input.length)
        for (let i = 0; i < message.input.length; ++i)
          $root.onnx.ValueInfoProto.encode(message.input[i], writer.uint32(90).fork(), _depth + 1).ldelim()
      if (message.output != null && message.output.length)
        for (let i = 0; i < message.output.length; ++i)
          $root.onnx.ValueInfoProto.encode(message.output[i], writer.uint32(98).fork(), _depth + 1).ldelim()
      if (message.sparse_initializer != null && message.sparse_initializer.length)
        for (let i = 0; i < message.sparse_initializer.length; ++i)
          writer.uint32(122).bytes(message.sparse_initializer[i])
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
      return writer
    }

    GraphProto.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
      if (_depth === $undefined) _depth = 0
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
      let end, message
      if (length === $undefined) end = reader.len
      else {
        end = reader.pos + length
        if (end > reader.len) throw $RangeError('index out of range')
        length = reader.len
        reader.len = end
      }
      message = _target || new $root.onnx.GraphProto()
      while (reader.pos < end) {
        let start = reader.pos
        let tag = reader.tag()
        if (tag === _end) {
          _end = $undefined
          break
        }
        let wireType = tag & 7
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 2) break
            if (!(message.node && message.node.length)) message.node = []
            message.node.push($root.onnx.NodeProto.decode(reader, reader.size(), $undefined, _depth + 1))
            continue
          }
          case 2: {
            if (wireType !== 2) break
            message.name = reader.string()
            continue
          }
          case 5: {
            if (wireType !== 2) break
            if (!(message.initializer && message.initializer.length)) message.initializer = []
            message.initializer.push($root.onnx.TensorProto.decode(reader, reader.size(), $undefined, _depth + 1))
            continue
          }
          case 11: {
            if (wireType !== 2) break
            if (!(message.input && message.input.length)) message.input = []
            message.input.push($root.onnx.ValueInfoProto.decode(reader, reader.size(), $undefined, _depth + 1))
            continue
          }
          case 12: {
            if (wireType !== 2) break
            if (!(message.output && message.output.length)) message.output = []
            message.output.push($root.onnx.ValueInfoProto.decode(reader, reader.size(), $undefined, _depth + 1))
            continue
          }
          case 15: {
            if (wireType !== 2) break
            if (!(message.sparse_initializer && message.sparse_initializer.length)) message.sparse_initializer = []
            message.sparse_initializer.push(reader.bytes())
            continue
          }
        }
        reader.skipType(wireType, _depth, tag)
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false)
          ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range')
        reader.len = length
      }
      if (_end !== $undefined) throw $Error('missing end group')
      return message
    }

    return GraphProto
  })()

  onnx.TensorProto = (function () {
    const TensorProto = function (properties) {
      this.dims = []
      this.float_data = []
      this.int32_data = []
      this.int64_data = []
      this.double_data = []
      this.external_data = []
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
    }

    TensorProto.prototype.dims = $util.emptyArray
    TensorProto.prototype.data_type = 0
    TensorProto.prototype.float_data = $util.emptyArray
    TensorProto.prototype.int32_data = $util.emptyArray
    TensorProto.prototype.int64_data = $util.emptyArray
    TensorProto.prototype.name = ''
    TensorProto.prototype.raw_data = $util.newBuffer([])
    TensorProto.prototype.double_data = $util.emptyArray
    TensorProto.prototype.external_data = $util.emptyArray
    TensorProto.prototype.data_location = 0

    TensorProto.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create()
      if (_depth === $undefined) _depth = 0
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
      if (message.dims != null && message.dims.length)
        for (let i = 0; i < message.dims.length; ++i) writer.uint32(8).int64(message.dims[i])
      if (message.data_type != null && $Object.hasOwnProperty.call(message, 'data_type'))
        writer.uint32(16).int32(message.data_type)
      if (message.float_data != null && message.float_data.length) writer.uint32(34).floats(message.float_data)
      if (message.int32_data != null && message.int32_data.length) writer.uint32(42).int32s(message.int32_data)
      if (message.int64_data != null && message.int64_data.length) writer.uint32(58).int64s(message.int64_data)
      if (message.name != null && $Object.hasOwnProperty.call(message, 'name')) writer.uint32(66).string(message.name)
      if (message.raw_data != null && $Object.hasOwnProperty.call(message, 'raw_data'))
        writer.uint32(74).bytes(message.raw_data)
      if (message.double_data != null && message.double_data.length) writer.uint32(82).doubles(message.double_data)
      if (message.external_data != null && message.external_data.length)
        for (let i = 0; i < message.external_data.length; ++i)
          $root.onnx.StringStringEntryProto.encode(
            message.external_data[i],
            writer.uint32(106).fork(),
            _depth + 1,
          ).ldelim()
      if (message.data_location != null && $Object.hasOwnProperty.call(message, 'data_location'))
        writer.uint32(112).int32(message.data_location)
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
      return writer
    }

    TensorProto.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
      if (_depth === $undefined) _depth = 0
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
      let end, message
      if (length === $undefined) end = reader.len
      else {
        end = reader.pos + length
        if (end > reader.len) throw $RangeError('index out of range')
        length = reader.len
        reader.len = end
      }
      message = _target || new $root.onnx.TensorProto()
      while (reader.pos < end) {
        let start = reader.pos
        let tag = reader.tag()
        if (tag === _end) {
          _end = $undefined
          break
        }
        let wireType = tag & 7
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType === 2) {
              if (!(message.dims && message.dims.length)) message.dims = []
              reader.int64s(message.dims)
              continue
            }
            if (wireType !== 0) break
            if (!(message.dims && message.dims.length)) message.dims = []
            message.dims.push(reader.int64())
            continue
          }
          case 2: {
            if (wireType !== 0) break
            message.data_type = reader.int32()
            continue
          }
          case 4: {
            if (wireType === 2) {
              if (!(message.float_data && message.float_data.length)) message.float_data = []
              reader.floats(message.float_data)
              continue
            }
            if (wireType !== 5) break
            if (!(message.float_data && message.float_data.length)) message.float_data = []
            message.float_data.push(reader.float())
            continue
          }
          case 5: {
            if (wireType === 2) {
              if (!(message.int32_data && message.int32_data.length)) message.int32_data = []
              reader.int32s(message.int32_data)
              continue
            }
            if (wireType !== 0) break
            if (!(message.int32_data && message.int32_data.length)) message.int32_data = []
            message.int32_data.push(reader.int32())
            continue
          }
          case 7: {
            if (wireType === 2) {
              if (!(message.int64_data && message.int64_data.length)) message.int64_data = []
              reader.int64s(message.int64_data)
              continue
            }
            if (wireType !== 0) break
            if (!(message.int64_data && message.int64_data.length)) message.int64_data = []
            message.int64_data.push(reader.int64())
            continue
          }
          case 8: {
            if (wireType !== 2) break
            message.name = reader.string()
            continue
          }
          case 9: {
            if (wireType !== 2) break
            message.raw_data = reader.bytes()
            continue
          }
          case 10: {
            if (wireType === 2) {
              if (!(message.double_data && message.double_data.length)) message.double_data = []
              reader.doubles(message.double_data)
              continue
            }
            if (wireType !== 1) break
            if (!(message.double_data && message.double_data.length)) message.double_data = []
            message.double_data.push(reader.double())
            continue
          }
          case 13: {
            if (wireType !== 2) break
            if (!(message.external_data && message.external_data.length)) message.external_data = []
            message.external_data.push(
              $root.onnx.StringStringEntryProto.decode(reader, reader.size(), $undefined, _depth + 1),
            )
            continue
          }
          case 14: {
            if (wireType !== 0) break
            message.data_location = reader.int32()
            continue
          }
        }
        reader.skipType(wireType, _depth, tag)
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false)
          ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range')
        reader.len = length
      }
      if (_end !== $undefined) throw $Error('missing end group')
      return message
    }

    return TensorProto
  })()

  onnx.TensorShapeProto = (function () {
    const TensorShapeProto = function (properties) {
      this.dim = []
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
    }

    TensorShapeProto.prototype.dim = $util.emptyArray

    TensorShapeProto.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create()
      if (_depth === $undefined) _depth = 0
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
      if (message.dim != null && message.dim.length)
        for (let i = 0; i < message.dim.length; ++i)
          $root.onnx.TensorShapeProto.Dimension.encode(message.dim[i], writer.uint32(10).fork(), _depth + 1).ldelim()
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
      return writer
    }

    TensorShapeProto.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
      if (_depth === $undefined) _depth = 0
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
      let end, message
      if (length === $undefined) end = reader.len
      else {
        end = reader.pos + length
        if (end > reader.len) throw $RangeError('index out of range')
        length = reader.len
        reader.len = end
      }
      message = _target || new $root.onnx.TensorShapeProto()
      while (reader.pos < end) {
        let start = reader.pos
        let tag = reader.tag()
        if (tag === _end) {
          _end = $undefined
          break
        }
        let wireType = tag & 7
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 2) break
            if (!(message.dim && message.dim.length)) message.dim = []
            message.dim.push(
              $root.onnx.TensorShapeProto.Dimension.decode(reader, reader.size(), $undefined, _depth + 1),
            )
            continue
          }
        }
        reader.skipType(wireType, _depth, tag)
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false)
          ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range')
        reader.len = length
      }
      if (_end !== $undefined) throw $Error('missing end group')
      return message
    }

    TensorShapeProto.Dimension = (function () {
      const Dimension = function (properties) {
        if (properties)
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
      }

      Dimension.prototype.dim_value = $util.Long ? $util.Long.fromBits(0, 0, false) : 0
      Dimension.prototype.dim_param = ''

      Dimension.encode = function (message, writer, _depth) {
        if (!writer) writer = $Writer.create()
        if (_depth === $undefined) _depth = 0
        if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
        if (message.dim_value != null && $Object.hasOwnProperty.call(message, 'dim_value'))
          writer.uint32(8).int64(message.dim_value)
        if (message.dim_param != null && $Object.hasOwnProperty.call(message, 'dim_param'))
          writer.uint32(18).string(message.dim_param)
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
          for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
        return writer
      }

      Dimension.decode = function (reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
        if (_depth === $undefined) _depth = 0
        if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
        let end, message
        if (length === $undefined) end = reader.len
        else {
          end = reader.pos + length
          if (end > reader.len) throw $RangeError('index out of range')
          length = reader.len
          reader.len = end
        }
        message = _target || new $root.onnx.TensorShapeProto.Dimension()
        while (reader.pos < end) {
          let start = reader.pos
          let tag = reader.tag()
          if (tag === _end) {
            _end = $undefined
            break
          }
          let wireType = tag & 7
          switch ((tag >>>= 3)) {
            case 1: {
              if (wireType !== 0) break
              message.dim_value = reader.int64()
              continue
            }
            case 2: {
              if (wireType !== 2) break
              message.dim_param = reader.string()
              continue
            }
          }
          reader.skipType(wireType, _depth, tag)
          if (!reader.discardUnknown) {
            $util.makeProp(message, '$unknowns', false)
            ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end) throw $RangeError('index out of range')
          reader.len = length
        }
        if (_end !== $undefined) throw $Error('missing end group')
        return message
      }

      return Dimension
    })()

    return TensorShapeProto
  })()

  onnx.TypeProto = (function () {
    const TypeProto = function (properties) {
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
    }

    TypeProto.prototype.tensor_type = null

    TypeProto.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create()
      if (_depth === $undefined) _depth = 0
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
      if (message.tensor_type != null && $Object.hasOwnProperty.call(message, 'tensor_type'))
        $root.onnx.TypeProto.Tensor.encode(message.tensor_type, writer.uint32(10).fork(), _depth + 1).ldelim()
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
      return writer
    }

    TypeProto.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
      if (_depth === $undefined) _depth = 0
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
      let end, message
      if (length === $undefined) end = reader.len
      else {
        end = reader.pos + length
        if (end > reader.len) throw $RangeError('index out of range')
        length = reader.len
        reader.len = end
      }
      message = _target || new $root.onnx.TypeProto()
      while (reader.pos < end) {
        let start = reader.pos
        let tag = reader.tag()
        if (tag === _end) {
          _end = $undefined
          break
        }
        let wireType = tag & 7
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 2) break
            message.tensor_type = $root.onnx.TypeProto.Tensor.decode(
              reader,
              reader.size(),
              $undefined,
              _depth + 1,
              message.tensor_type,
            )
            continue
          }
        }
        reader.skipType(wireType, _depth, tag)
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false)
          ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range')
        reader.len = length
      }
      if (_end !== $undefined) throw $Error('missing end group')
      return message
    }

    TypeProto.Tensor = (function () {
      const Tensor = function (properties) {
        if (properties)
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
      }

      Tensor.prototype.elem_type = 0
      Tensor.prototype.shape = null

      Tensor.encode = function (message, writer, _depth) {
        if (!writer) writer = $Writer.create()
        if (_depth === $undefined) _depth = 0
        if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
        if (message.elem_type != null && $Object.hasOwnProperty.call(message, 'elem_type'))
          writer.uint32(8).int32(message.elem_type)
        if (message.shape != null && $Object.hasOwnProperty.call(message, 'shape'))
          $root.onnx.TensorShapeProto.encode(message.shape, writer.uint32(18).fork(), _depth + 1).ldelim()
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
          for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
        return writer
      }

      Tensor.decode = function (reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
        if (_depth === $undefined) _depth = 0
        if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
        let end, message
        if (length === $undefined) end = reader.len
        else {
          end = reader.pos + length
          if (end > reader.len) throw $RangeError('index out of range')
          length = reader.len
          reader.len = end
        }
        message = _target || new $root.onnx.TypeProto.Tensor()
        while (reader.pos < end) {
          let start = reader.pos
          let tag = reader.tag()
          if (tag === _end) {
            _end = $undefined
            break
          }
          let wireType = tag & 7
          switch ((tag >>>= 3)) {
            case 1: {
              if (wireType !== 0) break
              message.elem_type = reader.int32()
              continue
            }
            case 2: {
              if (wireType !== 2) break
              message.shape = $root.onnx.TensorShapeProto.decode(
                reader,
                reader.size(),
                $undefined,
                _depth + 1,
                message.shape,
              )
              continue
            }
          }
          reader.skipType(wireType, _depth, tag)
          if (!reader.discardUnknown) {
            $util.makeProp(message, '$unknowns', false)
            ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end) throw $RangeError('index out of range')
          reader.len = length
        }
        if (_end !== $undefined) throw $Error('missing end group')
        return message
      }

      return Tensor
    })()

    return TypeProto
  })()

  onnx.OperatorSetIdProto = (function () {
    const OperatorSetIdProto = function (properties) {
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]]
    }

    OperatorSetIdProto.prototype.domain = ''
    OperatorSetIdProto.prototype.version = $util.Long ? $util.Long.fromBits(0, 0, false) : 0

    OperatorSetIdProto.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create()
      if (_depth === $undefined) _depth = 0
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded')
      if (message.domain != null && $Object.hasOwnProperty.call(message, 'domain'))
        writer.uint32(10).string(message.domain)
      if (message.version != null && $Object.hasOwnProperty.call(message, 'version'))
        writer.uint32(16).int64(message.version)
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i])
      return writer
    }

    OperatorSetIdProto.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader)
      if (_depth === $undefined) _depth = 0
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded')
      let end, message
      if (length === $undefined) end = reader.len
      else {
        end = reader.pos + length
        if (end > reader.len) throw $RangeError('index out of range')
        length = reader.len
        reader.len = end
      }
      message = _target || new $root.onnx.OperatorSetIdProto()
      while (reader.pos < end) {
        let start = reader.pos
        let tag = reader.tag()
        if (tag === _end) {
          _end = $undefined
          break
        }
        let wireType = tag & 7
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 2) break
            message.domain = reader.string()
            continue
          }
          case 2: {
            if (wireType !== 0) break
            message.version = reader.int64()
            continue
          }
        }
        reader.skipType(wireType, _depth, tag)
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false)
          ;(message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos))
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range')
        reader.len = length
      }
      if (_end !== $undefined) throw $Error('missing end group')
      return message
    }

    return OperatorSetIdProto
  })()

  return onnx
})())

export { $root as default }
