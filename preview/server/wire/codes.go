// Package wire turns what package preview returns into protobuf messages and
// RPC errors. It holds no state and makes no decision about a query.
package wire

import (
	"connectrpc.com/connect"

	"github.com/op-data/sqlpreview/preview/reason"
)

// codes is the code of every reason. A test holds it against reason.All.
var codes = map[reason.Reason]connect.Code{
	reason.SQLEmpty:       connect.CodeInvalidArgument,
	reason.SQLTooLarge:    connect.CodeInvalidArgument,
	reason.SQLTooComplex:  connect.CodeInvalidArgument,
	reason.SQLInvalidText: connect.CodeInvalidArgument,
	reason.SQLSyntaxError: connect.CodeInvalidArgument,

	reason.MultipleStatements:  connect.CodeInvalidArgument,
	reason.NotASelect:          connect.CodeInvalidArgument,
	reason.DataModifyingCTE:    connect.CodeInvalidArgument,
	reason.SelectInto:          connect.CodeInvalidArgument,
	reason.RowLock:             connect.CodeInvalidArgument,
	reason.ParameterNotAllowed: connect.CodeInvalidArgument,
	reason.FunctionNotAllowed:  connect.CodeInvalidArgument,
	reason.SyntaxNotAllowed:    connect.CodeInvalidArgument,

	reason.UndefinedObject: connect.CodeInvalidArgument,
	reason.SemanticError:   connect.CodeInvalidArgument,
	reason.DataException:   connect.CodeInvalidArgument,

	reason.InsufficientPrivilege: connect.CodePermissionDenied,
	reason.ReadOnlyViolation:     connect.CodePermissionDenied,
	reason.FunctionRaised:        connect.CodeFailedPrecondition,

	reason.StatementTimeout: connect.CodeDeadlineExceeded,
	reason.ClientCanceled:   connect.CodeCanceled,
	reason.AdminCanceled:    connect.CodeAborted,

	reason.LockTimeout:         connect.CodeAborted,
	reason.Conflict:            connect.CodeAborted,
	reason.DatabaseBusy:        connect.CodeResourceExhausted,
	reason.ConcurrencyLimit:    connect.CodeResourceExhausted,
	reason.QueryTooComplex:     connect.CodeResourceExhausted,
	reason.DatabaseUnavailable: connect.CodeUnavailable,
	reason.DatabaseLoginFailed: connect.CodeFailedPrecondition,
	reason.ConnectionNotFound:  connect.CodeNotFound,
	reason.Internal:            connect.CodeInternal,
}

// Code returns the RPC code of r: Internal for a reason that is not in the list.
func Code(r reason.Reason) connect.Code {
	if code, ok := codes[r]; ok {
		return code
	}
	return connect.CodeInternal
}
