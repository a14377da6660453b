package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/types/known/durationpb"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"

	"github.com/op-data/sqlpreview/preview/reason"
)

// Sidecar is a running sidecar as a gateway, over gRPC.
type Sidecar struct {
	client  previewv1connect.PreviewServiceClient
	http    *http.Client
	token   string
	timeout time.Duration
}

// NewSidecar returns a client of the sidecar at address: unix:PATH or
// HOST:PORT, without TLS. token may be empty; a timeout of 0 asks for the
// sidecar's own.
func NewSidecar(address, token string, timeout time.Duration) *Sidecar {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	host := address
	transport := &http.Transport{Protocols: protocols}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		host = "localhost"
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}
	}
	client := &http.Client{Transport: transport}
	return &Sidecar{client: previewv1connect.NewPreviewServiceClient(client, "http://"+host, connect.WithGRPC()), http: client, token: token, timeout: timeout}
}

// Close closes the connections.
func (g *Sidecar) Close() { g.http.CloseIdleConnections() }

// Query previews one text.
func (g *Sidecar) Query(ctx context.Context, sql string) (*Answer, error) {
	message := &previewv1.PreviewQueryRequest{Sql: sql, RequestId: "fuzz"}
	if g.timeout > 0 {
		message.Timeout = durationpb.New(g.timeout)
	}
	request := connect.NewRequest(message)
	if g.token != "" {
		request.Header().Set("Authorization", "Bearer "+g.token)
	}
	response, err := g.client.PreviewQuery(ctx, request)
	if err != nil {
		return nil, g.refusal(err)
	}
	m := response.Msg
	a := &Answer{Rows: make([][]Cell, len(m.GetRows()))}
	for i, row := range m.GetRows() {
		a.Rows[i] = make([]Cell, len(row.GetCells()))
		for j, c := range row.GetCells() {
			a.Rows[i][j] = Cell{Text: c.GetText(), Null: c.Text == nil}
			for _, kind := range c.GetChanges().GetKinds() {
				switch kind {
				case previewv1.Change_CHANGE_FORMULA_LIKE, previewv1.Change_CHANGE_DIRECTION_MARK:
				case previewv1.Change_CHANGE_TRUNCATED:
					a.Rows[i][j].Cut, a.Rows[i][j].Changed = true, true
				case previewv1.Change_CHANGE_MASKED_COLUMN:
					a.Rows[i][j].Masked, a.Rows[i][j].Changed = true, true
				default:
					a.Rows[i][j].Changed = true
				}
			}
		}
	}
	for _, c := range m.GetColumns() {
		a.Columns = append(a.Columns, c.GetName())
	}
	for _, t := range m.GetTruncations() {
		switch t.GetReason() {
		case previewv1.TruncationReason_TRUNCATION_REASON_ROW_LIMIT, previewv1.TruncationReason_TRUNCATION_REASON_BYTE_LIMIT:
			a.RowsCut = true
		case previewv1.TruncationReason_TRUNCATION_REASON_COLUMN_LIMIT:
			a.ColumnsCut = true
		}
	}
	m.Rows = nil
	a.Words = prototext.Format(m) + headers(response.Header(), response.Trailer())
	return a, nil
}

// refusal reads the reason from the error's details. An error without one did
// not come from the sidecar's handlers, except for a text that the transport
// itself refuses.
func (g *Sidecar) refusal(err error) error {
	var e *connect.Error
	if !errors.As(err, &e) {
		return err
	}
	sqlstate := ""
	words := e.Error() + "\n" + headers(e.Meta())
	refusal := &Refusal{Stage: Other}
	for _, detail := range e.Details() {
		value, err := detail.Value()
		if err != nil {
			continue
		}
		words += prototext.Format(value)
		switch d := value.(type) {
		case *errdetails.ErrorInfo:
			refusal.Reason = d.GetReason()
			refusal.Stage = stageOf(reason.Reason(d.GetReason()))
		case *previewv1.ErrorDetail:
			sqlstate = d.GetSqlstate()
			for _, v := range d.GetViolations() {
				refusal.Violations = append(refusal.Violations, Violation{Reason: v.GetReason(), Rule: v.GetRule(), Message: v.GetMessage()})
			}
			if len(refusal.Violations) > 0 {
				refusal.Rule = refusal.Violations[0].Rule
			}
		}
	}
	refusal.Words = words
	if sqlstate != "" && refusal.Stage == Guard {
		refusal.Stage = Database
	}
	if refusal.Reason == "" {
		if !connect.IsWireError(err) {
			return fmt.Errorf("the sidecar did not answer: %w", err)
		}
		refusal.Reason = e.Code().String()
	}
	return refusal
}

func headers(of ...http.Header) string {
	var b strings.Builder
	for _, h := range of {
		fmt.Fprintf(&b, "%v\n", h)
	}
	return b.String()
}
