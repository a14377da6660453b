package server

import (
	"cmp"
	"context"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

// mountedCore is the core that Config.Mount is given.
type mountedCore struct {
	service *service
	observe func(ctx context.Context, call Call)
}

// mountedCall is one call of a mountedCore.
type mountedCall[T any] struct {
	procedure, requestID, connectionID string
	// unaudited marks a call that touches no database.
	unaudited bool
	// run makes the call; account notes what it gave, before the audit line is written.
	run     func(ctx context.Context, requestID string) (T, error)
	account func(call *Call, answer T)
}

// do makes the call as the RPC would.
func (c mountedCall[T]) do(ctx context.Context, m *mountedCore) (answer T, err error) {
	var none T
	outer, start := callFrom(ctx), time.Now()
	call := &Call{Path: outer.Path + "/" + c.procedure, Caller: outer.Caller, Span: outer.Span, Outcome: OutcomeRejected}
	ctx = context.WithValue(ctx, callKey{}, call)
	id := beginID(ctx, c.requestID, c.connectionID)
	defer func() {
		call.Duration = time.Since(start)
		m.observe(ctx, *call)
	}()
	defer func() {
		if recover() == nil { // its value may hold anything
			return
		}
		call.panicked()
		answer, err = none, &preview.Error{Reason: reason.Internal, Message: "the preview failed inside the sidecar", RequestID: id}
		if failure := m.service.auditCall(ctx); failure != nil && !c.unaudited {
			err = failure
		}
	}()
	failed := func(err error) (T, error) {
		failure := noteFailure(ctx, err)
		if !c.unaudited {
			failure = cmp.Or(m.service.auditCall(ctx), failure)
		}
		return none, failure
	}
	if c.connectionID != "" {
		release, failure := m.service.acquireConnection(ctx)
		if failure != nil {
			return failed(failure)
		}
		defer release()
	}
	if answer, err = c.run(ctx, id); err != nil {
		return failed(err)
	}
	c.account(call, answer)
	if c.unaudited {
		return answer, nil
	}
	if failure := m.service.auditCall(ctx); failure != nil {
		return none, failure
	}
	return answer, nil
}

func (m *mountedCore) Preview(ctx context.Context, in preview.Request) (*preview.Result, error) {
	in.ConnectionID = cmp.Or(in.ConnectionID, preview.DefaultConnectionID)
	return mountedCall[*preview.Result]{
		procedure: "PreviewQuery", requestID: in.RequestID, connectionID: in.ConnectionID,
		run: func(ctx context.Context, id string) (*preview.Result, error) {
			in.RequestID = id
			return m.service.previewer.Preview(ctx, in)
		},
		account: func(call *Call, r *preview.Result) { call.succeed(r.RequestID, &r.Receipt); call.account(r) },
	}.do(ctx, m)
}

func (m *mountedCore) Validate(ctx context.Context, sql string) (*preview.Verdict, error) {
	return mountedCall[*preview.Verdict]{
		procedure: "ValidateQuery", unaudited: true,
		run: func(ctx context.Context, _ string) (*preview.Verdict, error) {
			return m.service.previewer.Validate(ctx, sql)
		},
		account: func(call *Call, v *preview.Verdict) {
			var accepted *preview.Receipt
			if v.Allowed {
				accepted = &preview.Receipt{SQLFingerprint: v.Fingerprint, Tables: v.Tables}
			}
			call.succeed(call.RequestID, accepted)
		},
	}.do(ctx, m)
}

func (m *mountedCore) Describe(ctx context.Context, in preview.Request) (*preview.Description, error) {
	in.ConnectionID = cmp.Or(in.ConnectionID, preview.DefaultConnectionID)
	return mountedCall[*preview.Description]{
		procedure: "DescribeQuery", requestID: in.RequestID, connectionID: in.ConnectionID,
		run: func(ctx context.Context, id string) (*preview.Description, error) {
			in.RequestID = id
			return m.service.previewer.Describe(ctx, in)
		},
		account: func(call *Call, d *preview.Description) { call.succeed(d.RequestID, &d.Receipt) },
	}.do(ctx, m)
}

func (m *mountedCore) ListTables(ctx context.Context, in preview.TablesRequest) (*preview.TablePage, error) {
	in.ConnectionID = cmp.Or(in.ConnectionID, preview.DefaultConnectionID)
	return mountedCall[*preview.TablePage]{
		procedure: "ListTables", requestID: in.RequestID, connectionID: in.ConnectionID,
		run: func(ctx context.Context, id string) (*preview.TablePage, error) {
			in.RequestID = id
			return m.service.previewer.ListTables(ctx, in)
		},
		account: func(call *Call, p *preview.TablePage) { call.succeed(p.RequestID, &p.Receipt) },
	}.do(ctx, m)
}

func (m *mountedCore) DescribeTable(ctx context.Context, in preview.TableRequest) (*preview.TableDescription, error) {
	in.ConnectionID = cmp.Or(in.ConnectionID, preview.DefaultConnectionID)
	return mountedCall[*preview.TableDescription]{
		procedure: "DescribeTable", requestID: in.RequestID, connectionID: in.ConnectionID,
		run: func(ctx context.Context, id string) (*preview.TableDescription, error) {
			in.RequestID = id
			return m.service.previewer.DescribeTable(ctx, in)
		},
		account: func(call *Call, d *preview.TableDescription) { call.succeed(d.RequestID, &d.Receipt) },
	}.do(ctx, m)
}

func (m *mountedCore) ListConnections(ctx context.Context, in preview.ConnectionsRequest) (*preview.ConnectionPage, error) {
	return mountedCall[*preview.ConnectionPage]{
		procedure: "ListConnections", requestID: in.RequestID,
		run: func(ctx context.Context, id string) (*preview.ConnectionPage, error) {
			in.RequestID = id
			return m.service.previewer.ListConnections(ctx, in)
		},
		account: func(call *Call, p *preview.ConnectionPage) { call.succeed(p.RequestID, nil) },
	}.do(ctx, m)
}
