package pgtree

import (
	"math/rand/v2"
	"strings"
	"testing"

	pg_query "github.com/pganalyze/pg_query_go/v6"
)

// scanTokens returns the extents of the tokens of the parser's own scanner,
// comments left out.
func scanTokens(t testing.TB, sql string) ([][2]int, bool) {
	t.Helper()
	r, err := pg_query.Scan(blankMark(sql))
	if err != nil {
		return nil, false
	}
	var out [][2]int
	for _, tok := range r.GetTokens() {
		if tok.GetToken() == pg_query.Token_SQL_COMMENT || tok.GetToken() == pg_query.Token_C_COMMENT {
			continue
		}
		out = append(out, [2]int{int(tok.GetStart()), int(tok.GetEnd())})
	}
	return out, true
}

// lexTokens returns those of our lexer.
func lexTokens(sql string) (out [][2]int, bad bool) {
	lex := NewLexer(sql, 0)
	for {
		t := lex.Next()
		switch t.Kind {
		case TokenEOF:
			return out, bad
		case TokenBad:
			bad = true
		}
		out = append(out, [2]int{t.Start, t.End})
	}
}

// compareLexers demands that ours sees every token of a text which the scanner
// accepts; and of any text, that its tokens stand in it, one behind the other,
// and that it can be measured.
func compareLexers(t testing.TB, sql string) {
	t.Helper()
	tokens, _ := lexTokens(sql)
	end := 0
	for _, token := range tokens {
		if token[0] < end || token[1] <= token[0] || token[1] > len(sql) {
			t.Fatalf("%q: a token of %d to %d behind one that ends at %d", sql, token[0], token[1], end)
		}
		end = token[1]
	}
	measure(sql, 1000)
	want, ok := scanTokens(t, sql)
	if !ok {
		return
	}
	got, bad := lexTokens(sql)
	if bad || len(got) != len(want) {
		t.Fatalf("%q: tokens %v (bad %v), the scanner has %v", sql, got, bad, want)
	}
	for i := range got {
		// The scanner's ends are not exact for quoted tokens; the start is.
		if got[i][0] != want[i][0] {
			t.Fatalf("%q: token %d begins at %d, the scanner says %d", sql, i, got[i][0], want[i][0])
		}
	}
}

var lexPieces = strings.Split("'|''|\"|\"\"|\\|\n|\r|\t|\v|\f| |--|/*|*/|/|*|-|+|$|$$|$a$|$1|$b|a|e|E'|b'|x'|n'|u&'|U&\"|u|&|"+
	"::|:=|=>|..|.|1|1.|.5|1e5|1e|0x1F|0b1|1_0|,|(|)|[|]|;|:|<|>|=|~|!|@|#|%|^|`|?|é|select|from|uescape '!'|{|case|end|and|'a' --x\n'b'|E'a'\n'\\'b'", "|")

// Random texts of hostile pieces: our lexer and PostgreSQL's must agree on all
// that the latter accepts.
func TestLexerAgreesWithPostgres(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 60_000 {
		var b strings.Builder
		for range 1 + rng.IntN(9) {
			b.WriteString(lexPieces[rng.IntN(len(lexPieces))])
		}
		b.WriteByte('|')
		sql := strings.TrimSuffix(b.String(), "|")
		if _, ok := scanTokens(t, sql); ok {
			accepted++
		}
		compareLexers(t, sql)
	}
	if accepted < 10_000 {
		t.Errorf("the scanner accepted %d texts only: the pieces are no test", accepted)
	}
}

func FuzzLexer(f *testing.F) {
	for _, s := range lexPieces {
		f.Add("select " + s + " 'a' \n 'b' " + s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 4096 || strings.IndexByte(sql, 0) >= 0 {
			return
		}
		compareLexers(t, sql)
	})
}
