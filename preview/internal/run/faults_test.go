package run_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/reason"
)

// The messages that PostgreSQL gives the code 57014 with, and one that it does
// not tell the cause in.
const (
	byTimeout    = "canceling statement due to statement timeout"
	byRequest    = "canceling statement due to user request"
	byTranslated = "storniere Anfrage"
)

// TestFaultInEveryPart: an error of the server's, at every statement of the
// first three pipelines of a session. Each must end in the right answer or in the
// reason that is true, and never in a session that is used while unclean or
// without its settings.
func TestFaultInEveryPart(t *testing.T) {
	t.Parallel()
	type outcome struct {
		reason    reason.Reason // "": the row
		by        run.Stopper
		pipelines int // that were made for this preview
	}
	const (
		timeout  = reason.StatementTimeout
		canceled = reason.AdminCanceled
	)
	row := outcome{"", "", 1}
	for _, test := range []struct {
		part string // what its statement contains
		// The outcomes in the first pipeline, the second (whose session is known to be
		// our own, and then gets its settings) and the third (which has them), by
		// the server's message.
		timeout, request, translated [3]outcome
	}{
		{"begin",
			// Made again up to three times: the server has not seen the statement.
			[3]outcome{{timeout, run.StoppedByServer, 3}, {timeout, run.StoppedByServer, 3}, {timeout, run.StoppedByServer, 3}},
			[3]outcome{{canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}},
			[3]outcome{{timeout, run.StoppedByServer, 3}, {timeout, run.StoppedByServer, 3}, {timeout, run.StoppedByServer, 3}}},
		{"true)", // the settings of the transaction
			[3]outcome{{timeout, run.StoppedByServer, 3}, {timeout, run.StoppedByServer, 3}, {timeout, run.StoppedByServer, 3}},
			[3]outcome{{canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}},
			[3]outcome{{timeout, run.StoppedByServer, 3}, {timeout, run.StoppedByServer, 3}, {timeout, run.StoppedByServer, 3}}},
		{"select 1",
			[3]outcome{{timeout, run.StoppedByServer, 1}, {timeout, run.StoppedByServer, 1}, {timeout, run.StoppedByServer, 1}},
			[3]outcome{{canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}},
			[3]outcome{{canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}}},
		{"xact_id",
			[3]outcome{{timeout, run.StoppedByServer, 1}, {timeout, run.StoppedByServer, 1}, {timeout, run.StoppedByServer, 1}},
			[3]outcome{{canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}},
			[3]outcome{{canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}}},
		{"rollback",
			[3]outcome{{timeout, run.StoppedByServer, 1}, {timeout, run.StoppedByServer, 1}, {timeout, run.StoppedByServer, 1}},
			[3]outcome{{canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}},
			[3]outcome{{canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}, {canceled, run.StoppedByAdmin, 1}}},
		{"prepared_statement", // the clean-up where a pooler may stand between
			[3]outcome{{timeout, run.StoppedByServer, 1}, row, row},
			[3]outcome{{canceled, run.StoppedByAdmin, 1}, row, row},
			[3]outcome{{timeout, run.StoppedByServer, 1}, row, row}},
		{"deallocate", // the clean-up of a session of our own: closing it does the same
			[3]outcome{row, row, row}, [3]outcome{row, row, row}, [3]outcome{row, row, row}},
		{"false)", // the settings of the session, after the answer
			[3]outcome{row, row, row}, [3]outcome{row, row, row}, [3]outcome{row, row, row}},
	} {
		for message, outcomes := range map[string][3]outcome{byTimeout: test.timeout, byRequest: test.request, byTranslated: test.translated} {
			for at, want := range outcomes {
				name := test.part + " " + message + " " + [3]string{"first", "second", "third"}[at]
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					var healed atomic.Bool
					server := &obedient{fault: func(pipeline int, sql string) *pgproto3.ErrorResponse {
						if healed.Load() || pipeline < at || !strings.Contains(sql, test.part) {
							return nil
						}
						return &pgproto3.ErrorResponse{Severity: "ERROR", Code: "57014", Message: message}
					}}
					to := startFake(t, server.serve)
					pools := newPools(t, run.Limits{})
					for range at {
						if _, err := pools.Internal(t.Context(), to, "select 1", 9*time.Second); err != nil {
							t.Fatal(err)
						}
					}
					rows, err := rowsOf(pools.Internal(t.Context(), to, "select 1", 9*time.Second))
					var got outcome
					if err != nil {
						e := asError(t, err)
						got.reason, got.by = e.Reason, e.StoppedBy
						if e.SQLSTATE != "57014" || e.Hint == "" || strings.Contains(e.Message, message) {
							t.Errorf("the error is %+v", e)
						}
					} else if rows[0][0] != "1" {
						t.Errorf("the row is %q", rows[0])
					}
					if got.pipelines = len(server.pipelines()) - at; got != want {
						t.Errorf("got %+v, want %+v", got, want)
					}
					healed.Store(true)
					if rows, err := rowsOf(pools.Internal(t.Context(), to, "select 1", 9*time.Second)); err != nil || rows[0][0] != "1" {
						t.Errorf("the next preview is answered %v, %v", rows, err)
					}
					if server.unpinned > 0 {
						t.Error("the statement ran without settings")
					}
				})
			}
		}
	}
}

// TestOtherFaults: what else a server may say in the midst of a pipeline.
func TestOtherFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		at        int    // the first pipeline that meets the fault
		part      string // what its statement contains
		severity  string
		code      string
		want      reason.Reason // "": the row
		pipelines int
	}{
		{"idle_session_timeout of the role, new session", 0, "begin", "FATAL", "57P05", reason.DatabaseUnavailable, 3},
		{"transaction_timeout of the role, new session", 0, "true)", "FATAL", "25P04", reason.StatementTimeout, 3},
		{"shutdown, new session", 0, "begin", "FATAL", "57P01", reason.DatabaseUnavailable, 1},
		{"shutdown, kept session", 1, "begin", "FATAL", "57P01", reason.DatabaseUnavailable, 2},
		{"shutdown in the query", 1, "select 1", "FATAL", "57P01", reason.DatabaseUnavailable, 1},
		{"recovery conflict", 1, "select 1", "ERROR", "40001", reason.Conflict, 1},
		{"recovery conflict in the rollback", 1, "rollback", "ERROR", "40001", reason.Conflict, 1},
		{"shutdown after the answer, pooler possible", 0, "prepared_statement", "FATAL", "57P01", reason.DatabaseUnavailable, 1},
		{"shutdown after the answer, our own session", 1, "deallocate", "FATAL", "57P01", "", 1},
		{"shutdown after the clean-up", 1, "false)", "FATAL", "57P01", "", 1},
		{"no way to check for clients", 0, "client_connection_check_interval', '500', true", "ERROR", "22023", "", 2},
		{"settings of the session refused", 1, "false)", "ERROR", "0A000", "", 1},
		{"settings refused for another cause", 0, "true)", "ERROR", "22023", reason.DatabaseLoginFailed, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var healed atomic.Bool
			server := &obedient{fault: func(pipeline int, sql string) *pgproto3.ErrorResponse {
				if healed.Load() || pipeline < test.at || !strings.Contains(sql, test.part) {
					return nil
				}
				return &pgproto3.ErrorResponse{Severity: test.severity, Code: test.code, Message: "secret"}
			}}
			to := startFake(t, server.serve)
			pools := newPools(t, run.Limits{})
			for range test.at {
				if _, err := pools.Internal(t.Context(), to, "select 1", 9*time.Second); err != nil {
					t.Fatal(err)
				}
			}
			_, err := pools.Internal(t.Context(), to, "select 1", 9*time.Second)
			var got reason.Reason
			if err != nil {
				e := asError(t, err)
				if got = e.Reason; strings.Contains(e.Message+e.Hint, "secret") || e.SQLSTATE != test.code {
					t.Errorf("the error is %+v", e)
				}
			}
			if pipelines := len(server.pipelines()) - test.at; got != test.want || pipelines != test.pipelines {
				t.Errorf("got %q in %d pipelines, want %q in %d", got, pipelines, test.want, test.pipelines)
			}
			healed.Store(true)
			if rows, err := rowsOf(pools.Internal(t.Context(), to, "select 1", 9*time.Second)); err != nil || rows[0][0] != "1" {
				t.Errorf("the next preview is answered %v, %v", rows, err)
			}
			if server.unpinned > 0 {
				t.Error("the statement ran without settings")
			}
		})
	}
}

// TestStandbyOfSerializableRole: where the clean-up cannot read in a transaction
// of the role's own making, it does so in one of ours from then on.
func TestStandbyOfSerializableRole(t *testing.T) {
	t.Parallel()
	server := &obedient{process: func(int) string { return "7" }}
	server.fault = func(_ int, sql string) *pgproto3.ErrorResponse {
		pipelines := server.pipelines()
		if strings.Contains(sql, "prepared_statement") && !strings.Contains(pipelines[len(pipelines)-1], "rollback and chain") {
			return &pgproto3.ErrorResponse{Severity: "ERROR", Code: "0A000", Message: "cannot use serializable mode in a hot standby"}
		}
		return nil
	}
	to := startFake(t, server.serve)
	pools := newPools(t, run.Limits{})
	for range 3 {
		if _, err := pools.Internal(t.Context(), to, "select 1", 9*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(server.pipelines()); got != 4 {
		t.Errorf("%d pipelines, want one more than previews", got)
	}
}
