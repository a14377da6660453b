package guard

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/reason"
)

// childCheck makes this test binary check one text and print what became of it.
const childCheck = "GUARD_TEST_CHECK"

func TestMain(m *testing.M) {
	if os.Getenv(childCheck) != "" {
		_, v := Check("select 1", nil)
		fmt.Printf("ready=%v violations=%d\n", CheckStack() == nil, len(v))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Where the threads' stack is too small for the parser, every text is refused.
func TestSmallStackIsRefused(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for kib, want := range map[string]string{"256": "ready=true violations=0", "128": "ready=false violations=1"} {
		cmd := exec.Command("/bin/sh", "-c", `ulimit -s "$1" && exec "$2"`, "sh", kib, self)
		cmd.Env = append(os.Environ(), childCheck+"=1", "GOTRACEBACK=none")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s KiB: %q (%v), want %q", kib, out, err, want)
		}
	}
}

// Every limit of the parser has a rule of its own.
func TestTooComplex(t *testing.T) {
	t.Parallel()
	for rule, sql := range map[string]string{
		"depth":        "select 1" + strings.Repeat("+1", 5_000),
		"token-count":  "select 1" + strings.Repeat(",1", 40_000),
		"operator-run": "select 1 " + strings.Repeat("+", 100_000),
		"keyword-run":  "select " + strings.Repeat("global,", 1_000) + "1",
	} {
		_, v := Check(sql, nil)
		if len(v) != 1 || v[0].Reason != reason.SQLTooComplex || v[0].Rule != rule || v[0].Hint == "" {
			t.Errorf("%s: %+v", rule, v)
		}
	}
}
