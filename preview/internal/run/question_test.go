package run_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/reason"
)

const questionSQL = "select 'genuine', n.word from pg_catalog.unnest($1::pg_catalog.text[]) n (word)"

// askGenuine asks a question and expects its own answer.
func askGenuine(t *testing.T, pools *run.Pools, to run.Target, word string) {
	t.Helper()
	texts, err := pools.Ask(t.Context(), to, run.Question{SQL: questionSQL, Parameters: []string{"{" + word + "}"}}, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(texts.Rows); got != "[[genuine "+word+"]]" {
		t.Errorf("the answer is %s", got)
	}
}

// keptQuestions returns how many prepared statements the only session of a pool has.
func keptQuestions(t *testing.T, pools *run.Pools, to run.Target) string {
	t.Helper()
	return text(mustRun(t, pools, to, "select count(*) || ' ' || count(*) filter (where from_sql) from pg_prepared_statements"), 0, 0)
}

func TestADirectSessionKeepsQuestions(t *testing.T) {
	t.Parallel()
	to := target(t, writable)
	pools := newPools(t, run.Limits{Sessions: 1})
	for i := range 8 {
		askGenuine(t, pools, to, fmt.Sprint("w", i))
	}
	if got := keptQuestions(t, pools, to); got != "1 0" {
		t.Errorf("%s prepared statements", got)
	}
	// Another question, one without parameters, and the first again, over queries.
	for range 3 {
		if _, err := pools.Ask(t.Context(), to, run.Question{SQL: "select 1"}, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		askGenuine(t, pools, to, "again")
		mustRun(t, pools, to, "select * from kept")
	}
	if got := keptQuestions(t, pools, to); got != "2 0" {
		t.Errorf("%s prepared statements", got)
	}
	// What fails takes them along, and they come back.
	if _, err := pools.Run(t.Context(), to, run.Query{SQL: "select 1/0"}); asError(t, err).Reason != reason.DataException {
		t.Fatal(err)
	}
	if got := keptQuestions(t, pools, to); got != "0 0" {
		t.Errorf("%s prepared statements after an error", got)
	}
	askGenuine(t, pools, to, "back")
	if got := keptQuestions(t, pools, to); got != "1 0" {
		t.Errorf("%s prepared statements", got)
	}
	if got := text(mustRun(t, pools, to, "select current_setting('plan_cache_mode')"), 0, 0); got != "auto" {
		t.Errorf("plan_cache_mode is %s", got)
	}
}

// TestNoFunctionTakesAQuestionsPlace: a function that runs SQL sees the statements that
// a session keeps. Whatever it does to them, and however its query ends, the next
// question is answered by its own statement.
func TestNoFunctionTakesAQuestionsPlace(t *testing.T) {
	t.Parallel()
	to := target(t, writable)
	const (
		drop  = "ddl('deallocate sqlpreview_0')"
		forge = "ddl('prepare sqlpreview_0 (text[]) as select ''forged'', ''x''')"
	)
	for name, query := range map[string]string{
		"taken away":                    "select " + drop,
		"all taken away":                "select ddl('deallocate all')",
		"discarded":                     "select ddl('discard plans')",
		"replaced":                      "select " + drop + ", " + forge,
		"replaced, then an error":       "select " + drop + ", " + forge + ", 1/0",
		"replaced, and the error eaten": "select " + drop + ", " + forge + ", catcher('select 1/0')",
		"replaced, then a timeout":      "select " + drop + ", " + forge + ", pg_sleep(9)",
		"replaced, then an id":          "select " + drop + ", " + forge + ", pg_current_xact_id()",
		"replaced and rolled back":      "select " + drop + ", catcher('do $x$ begin execute ''prepare sqlpreview_0 (text[]) as select 1''; raise exception ''no''; end $x$')",
		"the next name taken":           "select ddl('prepare sqlpreview_1 as select ''forged''')",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pools := newPools(t, run.Limits{Sessions: 1})
			for range 4 { // until the session keeps it
				askGenuine(t, pools, to, "before")
			}
			if got := keptQuestions(t, pools, to); got != "1 0" {
				t.Fatalf("%s prepared statements", got)
			}
			_, err := pools.Run(t.Context(), to, run.Query{SQL: query, Timeout: 300 * time.Millisecond})
			if (err != nil) != strings.Contains(name, "then") {
				t.Errorf("the query ended with %v", err)
			}
			askGenuine(t, pools, to, "after")
			if _, err := pools.Ask(t.Context(), to, run.Question{SQL: "select 2"}, 5*time.Second); err != nil {
				t.Error(err)
			}
			askGenuine(t, pools, to, "later")
			if got := keptQuestions(t, pools, to); !strings.HasSuffix(got, " 0") {
				t.Errorf("%s prepared statements", got)
			}
		})
	}
}
