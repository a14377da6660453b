// Package sqlstate turns an error of a PostgreSQL server into what its caller may be
// shown: a reason and a text without values.
//
// The server's own text is not to be trusted. It quotes cells, contents of files and
// names of objects that the author never mentioned, whether the message is one of
// PostgreSQL's or one that a function raised. So it is shown only where it can hold
// nothing but the author's own words; see [Describe].
package sqlstate

import (
	"strings"

	"github.com/op-data/sqlpreview/preview/reason"
)

// byCode has the codes whose reason is not their class's. Source: PostgreSQL's
// appendix "PostgreSQL Error Codes".
var byCode = map[string]reason.Reason{
	"42601": reason.SQLSyntaxError,        // syntax_error
	"42P01": reason.UndefinedObject,       // undefined_table
	"42703": reason.UndefinedObject,       // undefined_column
	"42883": reason.UndefinedObject,       // undefined_function
	"3F000": reason.UndefinedObject,       // invalid_schema_name
	"42501": reason.InsufficientPrivilege, // insufficient_privilege
	"25006": reason.ReadOnlyViolation,     // read_only_sql_transaction
	"25P03": reason.StatementTimeout,      // idle_in_transaction_session_timeout
	"25P04": reason.StatementTimeout,      // transaction_timeout
	"55P03": reason.LockTimeout,           // lock_not_available
	"57014": reason.AdminCanceled,         // query_canceled; the caller knows better
	"57P01": reason.DatabaseUnavailable,   // admin_shutdown
	"57P02": reason.DatabaseUnavailable,   // crash_shutdown
	"57P03": reason.DatabaseUnavailable,   // cannot_connect_now
	"57P04": reason.DatabaseUnavailable,   // database_dropped
	"57P05": reason.DatabaseUnavailable,   // idle_session_timeout
	"3D000": reason.DatabaseLoginFailed,   // invalid_catalog_name
	"P0001": reason.FunctionRaised,        // raise_exception
}

var byClass = map[string]reason.Reason{
	"08": reason.DatabaseUnavailable, // connection exception
	"0A": reason.SemanticError,       // feature not supported
	"21": reason.DataException,       // cardinality violation: a subquery for one value has more rows
	"22": reason.DataException,
	"23": reason.DataException,       // integrity constraint violation: in a SELECT, a domain's
	"28": reason.DatabaseLoginFailed, // invalid authorization specification
	"40": reason.Conflict,            // transaction rollback
	"42": reason.SemanticError,       // syntax error or access rule violation
	"53": reason.DatabaseBusy,        // insufficient resources
	"54": reason.QueryTooComplex,     // program limit exceeded
	"55": reason.SemanticError,       // not in the prerequisite state: a materialized view that was never filled
	"P0": reason.FunctionRaised,      // PL/pgSQL error
}

// Reason maps a SQLSTATE to a reason; an unknown one is Internal.
func Reason(code string) reason.Reason {
	if r, ok := byCode[code]; ok {
		return r
	}
	if len(code) == 5 {
		if r, ok := byClass[code[:2]]; ok {
			return r
		}
	}
	return reason.Internal
}

// classes are PostgreSQL's own classes of SQLSTATE, two characters each.
const classes = " 00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55 57 58 72 F0 HV P0 XX "

// PublicCode returns code if it has the form of a SQLSTATE and is of one of
// PostgreSQL's classes, else "". A function may raise any five characters, a part of a
// value too.
func PublicCode(code string) string {
	if len(code) != 5 || !strings.Contains(classes, " "+code[:2]+" ") {
		return ""
	}
	for _, c := range []byte(code) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return ""
		}
	}
	return code
}
