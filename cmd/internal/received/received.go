// Package received turns a sidecar's answers back into the results and errors of
// package preview, for the command, which prints both alike.
package received

import (
	"errors"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server/wire"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/sanitize"
)

// Preview returns the Result that the sidecar made the response of, without Objects. Its
// times are the sidecar's.
func Preview(r *previewv1.PreviewQueryResponse) *preview.Result {
	receipt, s := r.GetReceipt(), r.GetStats()
	return &preview.Result{
		RequestID:    r.GetRequestId(),
		Columns:      columns(r.GetColumns()),
		Rows:         rows(r.GetRows()),
		Truncations:  truncations(r.GetTruncations()),
		Sanitization: sanitization(r.GetSanitization()),
		Stats: preview.Stats{
			Check:         s.GetCheck().AsDuration(),
			Queue:         s.GetQueue().AsDuration(),
			Connect:       s.GetConnect().AsDuration(),
			Execute:       s.GetExecute().AsDuration(),
			Fetch:         s.GetFetch().AsDuration(),
			Sanitize:      s.GetSanitize().AsDuration(),
			Catalog:       s.GetCatalog().AsDuration(),
			Total:         s.GetTotal().AsDuration(),
			Rows:          int(s.GetRows()),
			Bytes:         s.GetBytes(),
			BytesReceived: s.GetBytesReceived(),
		},
		Receipt: preview.Receipt{
			SQLFingerprint:    receipt.GetSqlFingerprint(),
			Tables:            receipt.GetTables(),
			SchemaFingerprint: receipt.GetSchemaFingerprint(),
			PayloadSHA256:     receipt.GetPayloadSha256(),
		},
	}
}

// Error returns the *preview.Error that a gRPC or Connect client's error was made of.
// One that the sidecar did not send, for instance because nothing listens, has the
// Reason INTERNAL.
func Error(err error) *preview.Error {
	out := &preview.Error{Reason: reason.Internal, Message: err.Error()}
	var details []any
	var remote *connect.Error
	if errors.As(err, &remote) {
		out.Message = remote.Message()
		for _, d := range remote.Details() {
			if value, err := d.Value(); err == nil {
				details = append(details, value)
			}
		}
	} else if s, ok := status.FromError(err); ok {
		out.Message = s.Message()
		details = s.Details()
	}
	for _, detail := range details {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			out.Reason = reason.Reason(detail.GetReason())
		case *errdetails.RetryInfo:
			out.RetryAfter = detail.GetRetryDelay().AsDuration()
		case *previewv1.ErrorDetail:
			setDetail(out, detail)
		}
	}
	return out
}

// Failure returns the *preview.Error of a message and a detail that came another way
// than over the RPC.
func Failure(message string, detail *previewv1.ErrorDetail) *preview.Error {
	out := &preview.Error{Reason: reason.Reason(detail.GetReason()), Message: message}
	setDetail(out, detail)
	return out
}

func setDetail(out *preview.Error, d *previewv1.ErrorDetail) {
	out.Hint, out.SQLSTATE, out.RequestID, out.StoppedBy = d.GetHint(), d.GetSqlstate(), d.GetRequestId(), d.GetStoppedBy()
	if p := d.GetPosition(); p != nil {
		out.Position = preview.Position{
			Line: int(p.GetLine()), Column: int(p.GetColumn()), Offset: int(p.GetOffset()), End: int(p.GetEnd()),
		}
	}
	for _, v := range d.GetViolations() {
		out.Violations = append(out.Violations, preview.Violation{
			Reason: reason.Reason(v.GetReason()), Rule: v.GetRule(), Message: v.GetMessage(), Hint: v.GetHint(),
			Line: int(v.GetLine()), Column: int(v.GetColumn()), Offset: int(v.GetOffset()), End: int(v.GetEnd()),
		})
	}
	if len(out.Violations) > 0 {
		out.Rule = out.Violations[0].Rule
	}
}

func columns(sent []*previewv1.Column) []preview.Column {
	out := make([]preview.Column, len(sent))
	for i, c := range sent {
		out[i] = preview.Column{
			Name: c.GetName(), Type: c.GetType(), TypeOID: c.GetTypeOid(), Category: c.GetCategory(),
			Precision: -1, Scale: -1,
			OriginTable: c.GetOriginTable(), OriginColumn: c.GetOriginColumn(),
			Changes: changes(c.GetChanges()),
		}
		if m := c.GetMasking(); m != nil {
			out[i].Masking = &preview.Masking{Rule: m.GetRule(), Source: m.GetSource(), Hint: m.GetHint()}
		}
		if c.Precision != nil {
			out[i].Precision = c.GetPrecision()
		}
		if c.Scale != nil {
			out[i].Scale = c.GetScale()
		}
	}
	return out
}

func rows(sent []*previewv1.Row) [][]preview.Cell {
	out := make([][]preview.Cell, len(sent))
	for i, row := range sent {
		out[i] = make([]preview.Cell, len(row.GetCells()))
		for j, c := range row.GetCells() {
			out[i][j] = preview.Cell{Text: c.GetText(), Null: c.Text == nil, Changes: changes(c.GetChanges())}
		}
	}
	return out
}

func changes(c *previewv1.CellChanges) *sanitize.Changes {
	if c == nil {
		return nil
	}
	out := &sanitize.Changes{
		OriginalBytes: c.GetOriginalBytes(), OriginalCharacters: -1, Detector: c.GetDetector(), MediaType: c.GetMediaType(),
	}
	if c.OriginalCharacters != nil {
		out.OriginalCharacters = c.GetOriginalCharacters()
	}
	for _, k := range c.GetKinds() {
		out.Kinds |= kind(k)
	}
	for _, r := range c.GetReplacements() {
		out.Replacements = append(out.Replacements, sanitize.Replacement{Kind: kind(r.GetKind()), Count: int(r.GetCount())})
	}
	return out
}

// kind returns the kind of a change; none for one that a newer server knows.
func kind(change previewv1.Change) sanitize.Kind {
	for _, k := range (^sanitize.Kind(0)).Split() {
		if change != previewv1.Change_CHANGE_UNSPECIFIED && wire.Change(k) == change {
			return k
		}
	}
	return 0
}

func truncations(sent []*previewv1.Truncation) []preview.Truncation {
	out := make([]preview.Truncation, len(sent))
	for i, t := range sent {
		out[i] = preview.Truncation{
			Reason: preview.TruncationReason(strings.TrimPrefix(t.GetReason().String(), "TRUNCATION_REASON_")),
			Limit:  t.GetLimit(),
			Rows:   int(t.GetRows()),
		}
	}
	return out
}

func sanitization(s *previewv1.Sanitization) preview.Sanitization {
	out := preview.Sanitization{PolicyVersion: s.GetPolicyVersion(), CellsChanged: int(s.GetCellsChanged())}
	if len(s.GetCounts()) > 0 {
		out.Counts = map[sanitize.Kind]int{}
	}
	for _, c := range s.GetCounts() {
		if k := kind(c.GetKind()); k != 0 {
			out.Counts[k] = int(c.GetCells())
		}
	}
	return out
}
