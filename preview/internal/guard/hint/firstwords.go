package hint

import (
	"sort"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// This file knows how a text begins that is no SQL, or another database's.

const begin = "a preview begins with SELECT or WITH"

// fence finds the ``` of Markdown around a text.
func fence(s *source) (Finding, bool) {
	for at := 0; at < len(s.sql); {
		end := strings.IndexByte(s.sql[at:], '\n')
		if end < 0 {
			end = len(s.sql)
		} else {
			end += at
		}
		line := s.sql[at:end]
		body := strings.TrimLeft(line, " \t")
		start := at + len(line) - len(body)
		if (strings.HasPrefix(body, "```") || strings.HasPrefix(body, "~~~")) && !s.inString(start) {
			return Finding{
				Start: start, End: start + len(strings.TrimRight(body, " \t\r")),
				Message: "this is a fence of Markdown, not SQL", Hint: "paste what stands between the fences",
			}, true
		}
		at = end + 1
	}
	return Finding{}, false
}

// inString reports whether a place lies inside a string or a quoted name.
func (s *source) inString(at int) bool {
	i := sort.Search(len(s.tokens), func(i int) bool { return s.tokens[i].End > at })
	t := s.token(i)
	return t.Start < at && (t.Kind == pgtree.TokenString || t.Kind == pgtree.TokenQuoted)
}

// prompts end the first word of a line that was copied from a terminal.
var prompts = []string{"=#", "=>", "-#", "->", "#", ">", "$"}

// prompt finds `shop=# select ...` and `mysql> select ...`.
func prompt(s *source) (Finding, bool) {
	line, _, _ := strings.Cut(s.sql, "\n")
	name := strings.TrimLeft(line, " \t")
	start := len(line) - len(name)
	n := 0
	for n < len(name) && (name[n] == '_' || name[n] == '-' && !strings.HasPrefix(name[n:], "-#") && !strings.HasPrefix(name[n:], "->") ||
		name[n] >= 'a' && name[n] <= 'z' || name[n] >= 'A' && name[n] <= 'Z' || name[n] >= '0' && name[n] <= '9') {
		n++
	}
	for _, p := range prompts {
		rest, ok := strings.CutPrefix(name[n:], p+" ")
		if !ok || n == 0 && p != ">" && p != "$" {
			continue
		}
		verb, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if pgtree.Keyword(verb) == "" {
			continue
		}
		return Finding{
			Start: start, End: start + n + len(p), Message: "this is the prompt of a terminal, not SQL", Hint: "leave it out",
		}, true
	}
	return Finding{}, false
}

// metaCommands are psql's; they never reach a server.
var metaCommands = map[string]string{
	"d":  "to see a table's columns, write: select column_name, data_type from information_schema.columns where table_name = '...'",
	"dt": "to see the tables, write: select schemaname, tablename from pg_catalog.pg_tables",
	"dn": "to see the schemas, write: select nspname from pg_catalog.pg_namespace",
	"df": "to see the functions, write: select proname from pg_catalog.pg_proc",
	"dv": "to see the views, write: select schemaname, viewname from pg_catalog.pg_views",
	"di": "to see the indexes, write: select tablename, indexname from pg_catalog.pg_indexes",
	"du": "to see the roles, write: select rolname from pg_catalog.pg_roles",
	"l":  "to see the databases, write: select datname from pg_catalog.pg_database",
	"g":  "leave it out; end a statement with a semicolon or with nothing", "G": "leave it out; end a statement with a semicolon or with nothing",
	"copy": "preview the query or the table itself, without \\copy",
	"i":    "paste the query of the file itself", "e": "paste the query itself",
	"x": "leave it out", "c": "a preview uses the database of its connection", "timing": "leave it out", "watch": "leave it out", "gx": "leave it out",
	"set": "leave it out, and write constants in the place of variables",
}

// metaCommand finds a command of psql, such as \d t.
func metaCommand(s *source) (Finding, bool) {
	if !s.is(s.stop, `\`) {
		return Finding{}, false
	}
	last := s.stop
	if s.joined(last, last+1) && s.token(last+1).Kind == pgtree.TokenWord {
		last++
	}
	name := s.token(last).text
	if s.joined(last, last+1) && s.is(last+1, "+") {
		last++
	}
	hint, ok := metaCommands[name]
	if !ok {
		hint = "commands of psql begin with \\ and never reach a server; " + begin
	}
	return s.between(s.stop, last, "this is a command of psql, not SQL", hint)
}

// firstWords are verbs that PostgreSQL does not have, or has for something else.
var firstWords = map[string]struct{ message, hint string }{
	"describe": {"PostgreSQL has no DESCRIBE", metaCommands["d"]}, "desc": {"PostgreSQL has no DESC", metaCommands["d"]},
	"show": {"this form of SHOW is not PostgreSQL's", metaCommands["dt"]},
	"use":  {"PostgreSQL has no USE", "a preview uses the database of its connection; leave it out"},
	"exec": {"PostgreSQL has no EXEC", "a preview calls no procedures"}, "go": {"GO is of SQL Server's tools", "leave it out"},
	"pragma": {"PRAGMA is SQLite's", metaCommands["d"]}, "print": {"PRINT is SQL Server's", "write: select ..."},
	"from": {"a query begins with SELECT", "write: select * from ..."}, "where": {"a query begins with SELECT", "write: select * from ... where ..."},
	"if": {"IF is not SQL", "a preview runs one SELECT; use CASE inside it"}, "while": {"WHILE is not SQL", "a preview runs one SELECT"},
	"for": {"FOR is not SQL", "a preview runs one SELECT"}, "let": {"LET is not SQL", "name a step by WITH: with x as (select ...) select ..."},
	"replace": {"PostgreSQL has no REPLACE statement", "a preview changes no data: " + begin}, "upsert": {"PostgreSQL has no UPSERT", "a preview changes no data: " + begin},
	"rename": {"PostgreSQL has no RENAME", "a preview changes nothing: " + begin}, "optimize": {"PostgreSQL has no OPTIMIZE", begin},
	"delimiter": {"DELIMITER is of MySQL's client", "leave it out"}, "pivot": {"PostgreSQL has no PIVOT", pivotHint},
	"summarize": {"SUMMARIZE is DuckDB's", "aggregate the columns: select count(*), min(a), max(a) from ..."},
	"echo":      {"this is a command of a shell, not SQL", begin}, "psql": {"this is a command of a shell, not SQL", "paste the query alone"},
	"mysql": {"this is a command of a shell, not SQL", "paste the query alone"}, "db": {"this is MongoDB's language", begin},
	"bash": {"this is no SQL", begin}, "json": {"this is no SQL", begin}, "sql": {"this is the name of the language, not a part of the query", "leave it out"},
}

// firstWord explains a text whose first word is no statement's.
func firstWord(s *source) (Finding, bool) {
	i := 0
	for s.is(i, "(") || s.is(i, ";") {
		i++
	}
	first := s.token(i)
	if s.stop > i+1 && first.word != "show" {
		return Finding{}, false
	}
	if first.word == "from" {
		for j := range s.tokens {
			if s.is(j, "|>") {
				return s.between(j, j, "the pipe syntax is BigQuery's", "write the query with select, from and where")
			}
		}
	}
	if known, ok := firstWords[first.word]; ok {
		return s.between(i, i, known.message, known.hint)
	}
	if first.word != "" && (s.stop == i || s.stop == i+1 && pgtree.Keyword(first.word) == "") {
		if word, ok := s.correction(i, statements); ok {
			return s.misspelled(i, word)
		}
		return Finding{Start: s.at, End: s.endOfStop(), Hint: begin}, true
	}
	if s.stop == i && (first.text == "{" || first.Kind == pgtree.TokenNumber || first.Kind == pgtree.TokenString || first.text == "<" || first.text == "*" || first.text == "#") {
		return Finding{Start: s.at, End: s.endOfStop(), Hint: begin}, true
	}
	return Finding{}, false
}

// shows say what to write for SHOW, which in PostgreSQL shows a setting.
var shows = map[string]string{
	"tables": metaCommands["dt"], "databases": metaCommands["l"], "schemas": metaCommands["dn"], "columns": metaCommands["d"], "fields": metaCommands["d"],
	"indexes": metaCommands["di"], "index": metaCommands["di"], "keys": metaCommands["di"], "views": metaCommands["dv"], "functions": metaCommands["df"], "users": metaCommands["du"],
	"grants": "write: select * from information_schema.role_table_grants", "processlist": "write: select * from pg_catalog.pg_stat_activity",
	"variables": "write: select name, setting from pg_catalog.pg_settings", "all": "write: select name, setting from pg_catalog.pg_settings", "status": "write: select * from pg_catalog.pg_stat_database",
}

// Show returns what to write in the place of a statement SHOW, whose text is given.
func Show(statement string) string {
	lex := pgtree.NewLexer(statement, 0)
	lex.Next()
	t := newToken(statement, lex.Next())
	if hint, ok := shows[t.word]; ok {
		return hint
	}
	if t.word == "" {
		return "write: select current_setting('...')"
	}
	name := t.word
	if lex.Next().Kind == pgtree.TokenPunct {
		name += "." + newToken(statement, lex.Next()).text
	}
	return "write: select current_setting('" + quoted(name) + "')"
}
