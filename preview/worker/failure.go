package worker

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/op-data/sqlpreview/preview/client"
	"github.com/op-data/sqlpreview/preview/reason"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// The types of the workflow's application failures. Temporal shows them to
// everybody who may read a history, so they say no more than whom to ask.
const (
	// TypeFailed: there is no preview; the details say why.
	TypeFailed = "PreviewFailed"
	// TypeOffline: no agent answered.
	TypeOffline = "AgentOffline"
)

// The reasons that are not the sidecar's own. [client.Unavailable] is one more: the
// sidecar does not answer.
const (
	// AgentOffline: no worker took up the preview, or the one that did stopped.
	AgentOffline reason.Reason = "AGENT_OFFLINE"
	// InputRefused: the input is of another organization, or is none.
	InputRefused reason.Reason = "INPUT_REFUSED"
	// Unauthenticated: the sidecar did not let the worker in.
	Unauthenticated reason.Reason = "UNAUTHENTICATED"
)

// Failure says why there is no preview.
type Failure struct {
	// Message is what happened, for a person.
	Message string
	// Detail has the reason, the hint, the violations and the rest.
	Detail *previewv1.ErrorDetail

	// retryAfter is when to try again, where retryable.
	retryable  bool
	retryAfter time.Duration
}

// Error returns the reason and the message.
func (f *Failure) Error() string { return f.Detail.GetReason() + ": " + f.Message }

func newFailure(why reason.Reason, message, hint string) *Failure {
	return &Failure{Message: message, Detail: &previewv1.ErrorDetail{Reason: string(why), Hint: hint}}
}

// sidecarFailure is what a sidecar's error says.
func sidecarFailure(err error) *Failure {
	detail, message := client.Detail(err), status.Convert(err).Message()
	switch why := client.ReasonOf(err); {
	case detail != nil:
		f := &Failure{Message: message, Detail: detail}
		f.retryAfter, f.retryable = client.RetryDelay(err)
		return f
	case why == client.Unavailable:
		f := newFailure(why, "the agent's sidecar does not answer", "check that the sidecar runs beside the worker, and its address")
		f.retryable = true
		return f
	case status.Code(err) == codes.Unauthenticated || status.Code(err) == codes.PermissionDenied:
		return newFailure(Unauthenticated, "the agent's sidecar does not let its worker in", "give the worker the token or the certificate that the sidecar asks for")
	case status.Code(err) == codes.DeadlineExceeded:
		return newFailure(reason.StatementTimeout, "the preview did not end in its time", "try a query that reads less")
	case status.Code(err) == codes.ResourceExhausted:
		// Its own text is a library's, about sizes of messages.
		return newFailure(reason.SQLTooLarge, "the request or its answer is larger than the agent's sidecar takes", "make the query shorter, or select less")
	default: // the text of an error that is not the sidecar's own is withheld
		return newFailure(reason.Internal, "the agent's sidecar failed", "see the sidecar's log")
	}
}

// final is f as the end of the workflow.
func (f *Failure) final() error { return f.applicationError(false) }

// attempt is f as the end of one attempt: another follows where it may help.
func (f *Failure) attempt() error { return f.applicationError(f.retryable) }

// applicationError is f as Temporal carries it. Its message stands in the details
// too: only those prove that they are the worker's.
func (f *Failure) applicationError(again bool) error {
	kind := TypeFailed
	if f.Detail.GetReason() == string(AgentOffline) {
		kind = TypeOffline
	}
	options := temporal.ApplicationErrorOptions{
		NonRetryable: !again,
		Category:     f.category(),
		Details:      []any{&previewv1.PreviewQueryWorkflowFailure{Message: f.Message, Detail: f.Detail}},
	}
	if again {
		options.NextRetryDelay = f.retryAfter
	}
	return temporal.NewApplicationErrorWithOptions(f.Error(), kind, options)
}

// category keeps what a query was refused for out of the logs and metrics of
// faults: the worker did its work.
func (f *Failure) category() temporal.ApplicationErrorCategory {
	switch reason.Reason(f.Detail.GetReason()) {
	case AgentOffline, InputRefused, Unauthenticated, client.Unavailable, reason.Internal:
		return temporal.ApplicationErrorCategoryUnspecified
	default:
		return temporal.ApplicationErrorCategoryBenign
	}
}

// FailureOf returns why a workflow ended without a preview; nil where err does not
// say so in a detail that was decrypted.
func FailureOf(err error) *Failure {
	var said *temporal.ApplicationError
	if !errors.As(err, &said) || !said.HasDetails() {
		return nil
	}
	var out *previewv1.PreviewQueryWorkflowFailure // a pointer, as where the failure was not sent yet
	if said.Details(&out) != nil || out == nil {   // not encrypted with a key of ours, or another's detail
		return nil //nolint:nilerr // what cannot be read is no failure of ours
	}
	if out.Detail == nil {
		out.Detail = &previewv1.ErrorDetail{Reason: string(reason.Internal)}
	}
	return &Failure{Message: out.GetMessage(), Detail: out.GetDetail()}
}
