package gateway

import "github.com/op-data/sqlpreview/preview/reason"

// stageOf says where a reason arises.
func stageOf(r reason.Reason) Stage {
	switch r {
	case reason.SQLEmpty, reason.SQLTooLarge, reason.SQLTooComplex, reason.SQLInvalidText, reason.SQLSyntaxError,
		reason.MultipleStatements, reason.NotASelect, reason.DataModifyingCTE, reason.SelectInto, reason.RowLock,
		reason.ParameterNotAllowed, reason.FunctionNotAllowed, reason.SyntaxNotAllowed:
		return Guard
	case reason.UndefinedObject, reason.SemanticError, reason.DataException, reason.InsufficientPrivilege, reason.ReadOnlyViolation,
		reason.FunctionRaised, reason.StatementTimeout, reason.ClientCanceled, reason.AdminCanceled, reason.LockTimeout,
		reason.Conflict, reason.QueryTooComplex:
		return Database
	}
	return Other
}
