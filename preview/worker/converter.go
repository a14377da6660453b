package worker

import (
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// The names of the messages that a workflow begins and ends with, as payloads carry them.
var (
	inputType  = string((&previewv1.PreviewQueryWorkflowInput{}).ProtoReflect().Descriptor().FullName())
	resultType = string((&previewv1.PreviewQueryResponse{}).ProtoReflect().Descriptor().FullName())
)

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
	return converter.NewCodecDataConverter(resultReader{plain}, codec)
}

// resultReader reads nothing but results as a preview's answer.
type resultReader struct{ converter.DataConverter }

// FromPayload reads one payload that was decrypted.
func (r resultReader) FromPayload(payload *commonpb.Payload, value any) error {
	if err := checkResult(payload, value); err != nil {
		return err
	}
	return r.DataConverter.FromPayload(payload, value)
}

// FromPayloads reads payloads that were decrypted.
func (r resultReader) FromPayloads(payloads *commonpb.Payloads, values ...any) error {
	for i, payload := range payloads.GetPayloads() {
		if i == len(values) {
			break
		}
		if err := checkResult(payload, values[i]); err != nil {
			return err
		}
	}
	return r.DataConverter.FromPayloads(payloads, values...)
}

func checkResult(payload *commonpb.Payload, value any) error {
	if _, ok := value.(*previewv1.PreviewQueryResponse); ok && !isOf(payload, kindResult, resultType) {
		return errOtherKind
	}
	return nil
}

// isOf tells whether a payload can be of a kind and hold a message: whether it was
// encrypted as that kind, if it was encrypted, and names that message, if it names one.
func isOf(payload *commonpb.Payload, kind, message string) bool {
	encryptedAs, encrypted := payload.GetMetadata()[metadataKind]
	named, isNamed := payload.GetMetadata()[converter.MetadataMessageType]
	return (!encrypted || string(encryptedAs) == kind) && (!isNamed || string(named) == message)
}
