package worker

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/op-data/sqlpreview/preview/reason"
)

// TestFailuresBind: the failure of one workflow decrypts in that workflow, whether its
// activity or itself reads it, and nowhere else.
func TestFailuresBind(t *testing.T) {
	keys, _ := keysOf(t, keyLine("a", 1))
	config := Config{OrgID: "acme", Namespace: "default", Keys: keys, Log: slog.New(slog.DiscardHandler)}
	root := config.options().FailureConverter
	in := func(about converter.SerializationContext) converter.FailureConverter {
		return converter.WithFailureConverterSerializationContext(root, about)
	}
	workflow := func(id string) converter.FailureConverter {
		return in(converter.WorkflowSerializationContext{Namespace: "default", WorkflowID: id})
	}
	activity := func(id string) converter.FailureConverter {
		return in(converter.ActivitySerializationContext{Namespace: "default", WorkflowID: id, ActivityType: "a"})
	}
	said := newFailure(reason.MultipleStatements, "the secret message", "the secret hint")
	if got := FailureOf(said.final()); got == nil || got.Message != said.Message || FailureOf(said.attempt()).Detail.GetHint() != said.Detail.GetHint() {
		t.Errorf("before it is sent, the failure is read as %v", got)
	}
	sealed := activity("w1").ErrorToFailure(said.final())
	if text := protojson.Format(sealed); strings.Contains(text, "secret") {
		t.Errorf("the failure is readable: %s", text)
	}
	if got := string(sealed.GetApplicationFailureInfo().GetDetails().GetPayloads()[0].GetMetadata()[metadataWorkflow]); got != "w1" {
		t.Errorf("the details are for workflow %q", got)
	}
	if got := string(sealed.GetEncodedAttributes().GetMetadata()[metadataWorkflow]); got != "w1" {
		t.Errorf("the message is for workflow %q", got)
	}
	for _, payload := range []*commonpb.Payload{sealed.GetApplicationFailureInfo().GetDetails().GetPayloads()[0], sealed.GetEncodedAttributes()} {
		if got := string(payload.GetMetadata()[metadataKind]); got != kindFailure {
			t.Errorf("a part of the failure was encrypted as %q", got)
		}
	}
	// An input of this workflow as the detail of a failure.
	asInput, err := newDataConverter(NewCodec(keys, "acme", "default").in("w1")).ToPayload(input(nil))
	if err != nil {
		t.Fatal(err)
	}
	swapped := proto.Clone(sealed).(*failurepb.Failure)
	swapped.GetApplicationFailureInfo().GetDetails().Payloads[0] = asInput
	if got := FailureOf(workflow("w1").FailureToError(swapped)); got != nil {
		t.Errorf("an input is read as a failure: %v", got)
	}
	// What names another workflow without being encrypted for it.
	renamed := proto.Clone(sealed).(*failurepb.Failure)
	renamed.EncodedAttributes.Metadata[metadataWorkflow] = []byte("w2")
	renamed.GetApplicationFailureInfo().GetDetails().GetPayloads()[0].Metadata[metadataWorkflow] = []byte("w2")
	for name, tc := range map[string]struct {
		reader  converter.FailureConverter
		failure *failurepb.Failure
		opens   bool
	}{
		"its workflow":                     {workflow("w1"), sealed, true},
		"its activity":                     {activity("w1"), sealed, true},
		"another workflow":                 {workflow("w2"), sealed, false},
		"another workflow's activity":      {activity("w2"), sealed, false},
		"another workflow, renamed":        {workflow("w2"), renamed, false},
		"no workflow":                      {root, sealed, false},
		"an empty workflow":                {workflow(""), sealed, false},
		"a context that has no workflow":   {in(converter.NexusSerializationContext{}), sealed, false},
		"its workflow after another's one": {workflow("w2").(*failureConverter).WithSerializationContext(converter.WorkflowSerializationContext{WorkflowID: "w1"}), sealed, true},
	} {
		err := tc.reader.FailureToError(proto.Clone(tc.failure).(*failurepb.Failure))
		got := FailureOf(err)
		if (got != nil) != tc.opens || tc.opens && (got.Message != said.Message || got.Detail.GetHint() != said.Detail.GetHint()) {
			t.Errorf("%s: got %v", name, got)
		}
		if strings.Contains(err.Error(), "secret") != tc.opens {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestFailuresOfNoWorkflow: where no workflow is known, nothing of an error is written
// but whether it may be tried again.
func TestFailuresOfNoWorkflow(t *testing.T) {
	keys, _ := keysOf(t, keyLine("a", 1))
	config := Config{OrgID: "acme", Namespace: "default", Keys: keys, Log: slog.New(slog.DiscardHandler)}
	root := config.options().FailureConverter
	for name, f := range map[string]converter.FailureConverter{
		"no context":        root,
		"an empty workflow": converter.WithFailureConverterSerializationContext(root, converter.WorkflowSerializationContext{}),
		"an empty activity": converter.WithFailureConverterSerializationContext(root, converter.ActivitySerializationContext{}),
	} {
		for _, final := range []bool{true, false} {
			cause := errors.New("secret cause")
			got := f.ErrorToFailure(temporal.NewApplicationErrorWithOptions("secret", "secret type", temporal.ApplicationErrorOptions{
				NonRetryable: final, Cause: cause, Details: []any{"secret detail"},
			}))
			if text := protojson.Format(got); strings.Contains(text, "secret") || got.GetEncodedAttributes() != nil || got.GetApplicationFailureInfo().GetDetails() != nil {
				t.Errorf("%s: wrote %s", name, text)
			}
			if got.GetApplicationFailureInfo().GetNonRetryable() != final {
				t.Errorf("%s: is retryable: %v", name, final)
			}
		}
		if got := f.ErrorToFailure(nil); got != nil {
			t.Errorf("%s: no error is %v", name, got)
		}
	}
}
