package worker

import "go.temporal.io/sdk/converter"

// newDataConverter writes messages as binary Protobuf, which takes a third of
// JSON, and reads JSON too. codec is nil for none.
func newDataConverter(codec *Codec) converter.DataConverter {
	plain := converter.NewCompositeDataConverter(
		converter.NewNilPayloadConverter(),
		converter.NewByteSlicePayloadConverter(),
		converter.NewProtoPayloadConverter(), // before its JSON form: the first that can, writes
		converter.NewProtoJSONPayloadConverter(),
		converter.NewJSONPayloadConverter(),
	)
	if codec == nil {
		return plain
	}
	return converter.NewCodecDataConverter(plain, codec)
}
