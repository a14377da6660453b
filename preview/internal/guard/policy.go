package guard

import (
	"errors"
	"fmt"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/pgtree"
)

// DefaultMaxBytes is the longest text that is accepted, unless the operator
// sets another bound.
const DefaultMaxBytes = 256 << 10

// LargestMaxBytes is the most that an operator may set: the time to check a text
// grows with its length.
const LargestMaxBytes = 1 << 20

// Rules are what an operator can set. The zero value is the default policy.
//
// Names are written as in SQL: `schema.name`, folded to lower case unless in
// double quotes.
type Rules struct {
	// MaxBytes is the longest text in bytes; 0 means DefaultMaxBytes.
	MaxBytes int
	// DenyFunctions are refused beside those that always are. `name` stands for
	// that name in every schema. Denied wins over allowed.
	DenyFunctions []string
	// AllowFunctions may be called although they are volatile or refused by
	// default; each as `schema.name`. What is refused without a database must then
	// be called by that name; only pg_catalog may be left out.
	AllowFunctions []string
	// DenySchemas are schemas of which a query may use nothing: no relation, named or
	// read through a view or a row-level security policy; no function, called or run by
	// something else; no operator and no type that its own text names or implies.
	DenySchemas []string
	// DenyRelations are tables and views that may not be read. `name` stands
	// for that name in every schema.
	DenyRelations []string
	// AllowRelations may be read although they are refused by default, each as
	// `schema.name`: the catalogs that hold secrets or values of columns.
	AllowRelations []string
	// AllowExtensions are extensions that the operator vouches for: their functions that
	// are not VOLATILE may be called although they could run a text, and their aggregates
	// although their parts carry no label. What is denied by name stays so.
	AllowExtensions []string
	// Strict refuses every function that is neither known to be harmless nor
	// in AllowFunctions. Off by default.
	Strict bool
}

// A Policy is Rules, validated. It does not change and may be shared. A nil
// *Policy is the default one.
type Policy struct {
	maxBytes                      int
	strict                        bool
	denyFunctions, allowFunctions nameSet
	denyRelations, allowRelations nameSet
	denySchemas                   map[string]bool
	allowExtensions               map[string]bool
}

// NewPolicy validates rules.
func NewPolicy(r Rules) (*Policy, error) {
	p := &Policy{maxBytes: r.MaxBytes, strict: r.Strict, denySchemas: make(map[string]bool), allowExtensions: make(map[string]bool)}
	if p.maxBytes == 0 {
		p.maxBytes = DefaultMaxBytes
	}
	if p.maxBytes < 0 || p.maxBytes > LargestMaxBytes {
		return nil, fmt.Errorf("policy: max_bytes is %d; it must lie between 1 and %d", r.MaxBytes, LargestMaxBytes)
	}
	for _, set := range []struct {
		key       string
		names     []string
		into      *nameSet
		qualified bool
	}{
		{"deny_functions", r.DenyFunctions, &p.denyFunctions, false},
		{"allow_functions", r.AllowFunctions, &p.allowFunctions, true},
		{"deny_relations", r.DenyRelations, &p.denyRelations, false},
		{"allow_relations", r.AllowRelations, &p.allowRelations, true},
	} {
		for _, text := range set.names {
			schema, name, err := splitName(text)
			if err != nil {
				return nil, fmt.Errorf("policy: %s: %w", set.key, err)
			}
			if set.qualified && schema == "" {
				return nil, fmt.Errorf("policy: %s: %q needs its schema, as in schema.name", set.key, text)
			}
			set.into.add(schema, name)
		}
	}
	for _, text := range r.DenySchemas {
		schema, name, err := splitName(text)
		if err != nil || schema != "" {
			return nil, fmt.Errorf("policy: deny_schemas: %q is not the name of a schema", text)
		}
		p.denySchemas[name] = true
	}
	for _, name := range r.AllowExtensions {
		if name == "" {
			return nil, errors.New("policy: allow_extensions: an extension has a name")
		}
		p.allowExtensions[name] = true
	}
	return p, nil
}

var defaultPolicy = &Policy{maxBytes: DefaultMaxBytes}

func (p *Policy) orDefault() *Policy {
	if p == nil {
		return defaultPolicy
	}
	return p
}

// nameSet is a set of names with or without a schema.
type nameSet struct {
	names  map[[2]string]bool
	byName map[string]bool
}

func (s *nameSet) add(schema, name string) {
	if s.names == nil {
		s.names, s.byName = make(map[[2]string]bool), make(map[string]bool)
	}
	s.names[[2]string{schema, name}] = true
	s.byName[name] = true
}

// exactly reports whether schema.name itself is in the set.
func (s *nameSet) exactly(schema, name string) bool { return s.names[[2]string{schema, name}] }

// may reports whether the name as written can mean a member: without a schema it
// can mean one in any, and a member without a schema stands for every one.
func (s *nameSet) may(schema, name string) bool {
	if schema == "" {
		return s.byName[name]
	}
	return s.exactly(schema, name) || s.exactly("", name)
}

// SplitName reads `name` or `schema.name` as SQL does: folded to lower case (letters of
// ASCII alone, as the parser folds) unless in double quotes. The schema is empty where
// none is written. U&"..." is refused.
func SplitName(text string) (schema, name string, err error) { return splitName(text) }

// splitName reads `name` or `schema.name` as SQL does.
func splitName(text string) (schema, name string, err error) {
	var parts []string
	lex := pgtree.NewLexer(text, 0)
	for {
		t := lex.Next()
		word := text[t.Start:t.End]
		switch t.Kind {
		case pgtree.TokenWord:
			word = strings.Map(lowerASCII, word)
		case pgtree.TokenQuoted:
			if word[0] != '"' || word == `""` { // with escapes, or empty
				return "", "", fmt.Errorf("%q is not a name", text)
			}
			word = strings.ReplaceAll(word[1:len(word)-1], `""`, `"`)
		default:
			return "", "", fmt.Errorf("%q is not a name", text)
		}
		parts = append(parts, word)
		t = lex.Next()
		if t.Kind == pgtree.TokenEOF {
			break
		}
		if text[t.Start:t.End] != "." {
			return "", "", fmt.Errorf("%q is not a name", text)
		}
	}
	if len(parts) > 2 {
		return "", "", fmt.Errorf("%q has more parts than schema.name", text)
	}
	schema, name = qualified(parts)
	return schema, name, nil
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}
