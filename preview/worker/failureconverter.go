package worker

import (
	"errors"

	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// withheldMessage stands for the text of a failure that is of no known workflow.
const withheldMessage = "the text of this failure is withheld, because it cannot be encrypted for its workflow; see the worker's log"

// failureConverter encrypts and decrypts failures for one workflow, as payloads are.
// The SDK's own does not take the workflow from the SDK, so its failures could be
// moved to another workflow's history.
//
// Where the SDK does not say which workflow a failure is of (a workflow task that
// failed, a message that is too large), nothing of it is written but whether it may be
// tried again, and nothing is decrypted.
type failureConverter struct {
	data converter.DataConverter
	// bound converts for one workflow; nil where it is not known.
	bound converter.FailureConverter
}

// newFailureConverter returns the converter of failures. codec is nil for none.
func newFailureConverter(codec *Codec) converter.FailureConverter {
	if codec == nil {
		return defaultFailures(newDataConverter(nil), false)
	}
	return &failureConverter{data: newDataConverter(codec.forFailures())}
}

func defaultFailures(data converter.DataConverter, encrypts bool) converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter:          data,
		EncodeCommonAttributes: encrypts, // messages and stack traces
	})
}

// WithSerializationContext returns the converter of one workflow. The SDK calls it.
func (f *failureConverter) WithSerializationContext(about converter.SerializationContext) converter.FailureConverter {
	if workflowOf(about) == "" {
		return &failureConverter{data: f.data}
	}
	return &failureConverter{data: f.data, bound: defaultFailures(converter.WithDataConverterSerializationContext(f.data, about), true)}
}

// ErrorToFailure converts and encrypts an error.
func (f *failureConverter) ErrorToFailure(err error) *failurepb.Failure {
	switch {
	case err == nil:
		return nil
	case f.bound != nil:
		return f.bound.ErrorToFailure(err)
	}
	info := &failurepb.ApplicationFailureInfo{}
	var said *temporal.ApplicationError
	if errors.As(err, &said) {
		info.NonRetryable = said.NonRetryable()
	}
	return &failurepb.Failure{
		Source: "GoSDK", Message: withheldMessage,
		FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: info},
	}
}

// FailureToError decrypts and converts a failure. What does not decrypt keeps the
// kind of failure that it is, without its message and its details.
func (f *failureConverter) FailureToError(failure *failurepb.Failure) error {
	if f.bound != nil {
		return f.bound.FailureToError(failure)
	}
	nowhere := converter.WithDataConverterSerializationContext(f.data, converter.WorkflowSerializationContext{})
	return defaultFailures(nowhere, true).FailureToError(failure)
}

// workflowOf is the id of the workflow that a context names, "" for none.
func workflowOf(about converter.SerializationContext) string {
	switch about := about.(type) {
	case converter.WorkflowSerializationContext:
		return about.WorkflowID
	case converter.ActivitySerializationContext:
		return about.WorkflowID
	}
	return ""
}
