package preview

import (
	"context"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/guard"
)

// Check judges a text by the built-in policy, without a database: the verdict
// that a Previewer with the zero Policy gives before it connects.
func Check(sql string) *Verdict { return verdictOf(guard.Check(sql, nil)) }

// Validate judges a text by the Previewer's policy. It touches no database and
// returns no rows; functions that only a database's catalog can decide on are
// listed in Verdict.ToBeResolved. The error, if any, is an *Error: the context
// ended, or too many texts are being checked.
func (p *Previewer) Validate(ctx context.Context, sql string) (*Verdict, error) {
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	permit, err := p.checks.acquire(ctx, sql, time.Now().Add(p.limits.Timeout))
	if err != nil {
		return nil, err
	}
	defer permit.Release()
	return verdictOf(guard.Check(sql, p.policy)), nil
}

func verdictOf(st *guard.Statement, refused []guard.Violation) *Verdict {
	if st == nil {
		return &Verdict{Violations: violations(refused)}
	}
	v := &Verdict{Allowed: true}
	// The text has been parsed, so it has a fingerprint.
	v.Fingerprint, _ = st.Fingerprint()
	v.Tables = tables(st)
	functions := set{}
	for _, f := range st.Functions {
		name := qualified(f.Schema, f.Name)
		if !functions.add(name) {
			continue
		}
		v.Functions = append(v.Functions, name)
		if f.Resolve {
			v.ToBeResolved = append(v.ToBeResolved, name)
		}
	}
	sanitizeNames(v.Functions)
	sanitizeNames(v.ToBeResolved)
	return v
}

// tables names each relation of the statement once.
func tables(st *guard.Statement) (names []string) {
	seen := set{}
	for _, t := range st.Tables {
		if name := qualified(t.Schema, t.Name); seen.add(name) {
			names = append(names, name)
		}
	}
	return sanitizeNames(names)
}

type set map[string]struct{}

// add reports whether the name is new to the set.
func (s set) add(name string) bool {
	before := len(s)
	s[name] = struct{}{}
	return len(s) > before
}

func violations(list []guard.Violation) []Violation {
	converted := make([]Violation, len(list))
	for i, v := range list {
		converted[i] = Violation(v)
	}
	return converted
}

// refusal is the error for a text that the guard refused.
func refusal(list []guard.Violation) *Error {
	first := list[0]
	return &Error{
		Reason:     first.Reason,
		Rule:       first.Rule,
		Message:    first.Message,
		Hint:       first.Hint,
		Position:   Position{Line: first.Line, Column: first.Column, Offset: first.Offset, End: first.End},
		Violations: violations(list),
	}
}

func qualified(schema, name string) string {
	if schema == "" {
		return name
	}
	return schema + "." + name
}
