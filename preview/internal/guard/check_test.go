package guard

import (
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview/reason"
)

func TestScreen(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, sql string
		reason    reason.Reason
		offset    int
	}{
		{"empty", "", reason.SQLEmpty, 0},
		{"blank", " \n\t", reason.SQLEmpty, 0},
		{"comments", "-- a\n/* b */", reason.SQLEmpty, 0},
		{"semicolons", ";;;", reason.SQLEmpty, 0},
		{"nul", "select 1\x00; drop table t", reason.SQLInvalidText, 8},
		{"leading nul", "\x00select 1", reason.SQLInvalidText, 0},
		{"invalid utf-8", "select 'a\xff'", reason.SQLInvalidText, 9},
		{"surrogate", "select '\xed\xa0\x80'", reason.SQLInvalidText, 8},
		{"too large", "select '" + strings.Repeat("x", DefaultMaxBytes) + "'", reason.SQLTooLarge, 0},
		{"open comment", "select 1 /* x", reason.SQLSyntaxError, 9},
		{"open string", "select 'x", reason.SQLSyntaxError, 7},
		{"syntax", "select é, from t", reason.SQLSyntaxError, 9},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			st, v := Check(tc.sql, nil)
			if st != nil || len(v) != 1 {
				t.Fatalf("statement %v, violations %+v; want one violation", st, v)
			}
			if v[0].Reason != tc.reason || v[0].Offset != tc.offset {
				t.Errorf("%s at %d, want %s at %d", v[0].Reason, v[0].Offset, tc.reason, tc.offset)
			}
		})
	}
}

func TestEncodingHints(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"\xff\xfes\x00e\x00l\x00": "the text is UTF-16: save the file as UTF-8", "s\x00e\x00l\x00e\x00c\x00t\x00": "the text is UTF-16: save the file as UTF-8",
		"select 1\x00": "remove it", "select '\xe9'": "save the file as UTF-8",
	} {
		if _, v := Check(sql, nil); len(v) != 1 || v[0].Hint != want {
			t.Errorf("%q: %+v, want the hint %q", sql, v, want)
		}
	}
}

// A byte order mark at the beginning is skipped; places count it.
func TestByteOrderMark(t *testing.T) {
	t.Parallel()
	const mark = "\ufeff"
	for _, sql := range []string{"select a from t", ";select a from t -- é", "(select a from t)"} {
		plain, v := Check(sql, nil)
		marked, w := Check(mark+sql, nil)
		if plain == nil || marked == nil {
			t.Errorf("%q: %+v, %+v", sql, v, w)
			continue
		}
		if marked.SQL() != plain.SQL() || marked.Start != plain.Start+len(mark) || marked.Tables[0].Offset != plain.Tables[0].Offset+len(mark) {
			t.Errorf("%q: %d to %d, %+v", sql, marked.Start, marked.End, marked.Tables)
		}
	}
	for sql, word := range map[string]string{"select pg_sleep(1)": "pg_sleep", "delete from t": "delete", "selct 1": "selct", "select é, from t": ","} {
		full := mark + sql
		_, v := Check(full, nil)
		if len(v) != 1 || full[v[0].Offset:v[0].End] != word {
			t.Errorf("%q: %+v, want %s underlined", full, v, word)
		}
	}
	if st, _ := Check("select a"+mark, nil); st == nil || st.SQL() != "select a"+mark {
		t.Error("only the mark at the beginning is skipped")
	}
}

func TestLargestText(t *testing.T) {
	t.Parallel()
	sql := "select '" + strings.Repeat("x", DefaultMaxBytes-9) + "'"
	if st, v := Check(sql, nil); st == nil {
		t.Errorf("a text of %d bytes is refused: %+v", len(sql), v)
	}
}

func TestLineColumn(t *testing.T) {
	t.Parallel()
	const sql = "select 'é',\n  '日本', pg_sleep(1)"
	_, v := Check(sql, nil)
	if len(v) != 1 || v[0].Line != 2 || v[0].Column != 9 || sql[v[0].Offset:v[0].End] != "pg_sleep" {
		t.Errorf("violations %+v, want pg_sleep on line 2, column 9", v)
	}
}

func TestMessagesAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 50_000)
	for _, sql := range []string{"select '" + long, "select " + long + " from from", `select "` + long, "select $" + strings.Repeat("1", 50_000), "select " + long + "(1) from pg_authid where pg_sleep(1)"} {
		_, v := Check(sql, nil)
		for _, one := range v {
			if len(one.Message)+len(one.Hint) > 600 {
				t.Errorf("%.40q: a message of %d bytes", sql, len(one.Message))
			}
		}
		if len(v) == 0 {
			t.Errorf("%.40q is accepted", sql)
		}
	}
}

func TestMessagesMoveNoCursor(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{"select \"pg_\x1b[2J\u202e\"()", "select \x1b[2J", "select 1 \"a\u202eb\" c\u200bd", "select 'a\x1b"} {
		_, v := Check(sql, nil)
		if len(v) == 0 {
			t.Errorf("%q is accepted", sql)
		}
		for _, one := range v {
			if strings.ContainsAny(one.Message, "\x1b\u202e\u200b") {
				t.Errorf("%q: the message %q holds control characters", sql, one.Message)
			}
		}
	}
}
