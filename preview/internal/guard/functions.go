package guard

import (
	_ "embed"
	"strings"
)

//go:embed catalog.txt
var catalogText string

//go:embed functions.txt
var functionsText string

// A verdict is what is known about a function without asking a database.
type verdict struct {
	// class says whether it may be called.
	class verdictClass
	// family and hint explain a refusal.
	family, hint string
	// oneArgument: it can be called with one argument, hence by attribute
	// notation; onRow: also where that argument is a row.
	oneArgument, onRow bool
	// arguments is the number of arguments for which it is denied; 0 for any.
	arguments int
}

// denies reports whether a call with so many arguments is denied; -1 stands for a
// number that the call does not show.
func (v *verdict) denies(arguments int) bool {
	return v.class == classDenied && (v.arguments == 0 || arguments < 0 || arguments == v.arguments)
}

type verdictClass uint8

const (
	classUnknown verdictClass = iota // a function of the target's own, if any
	classAllowed
	classDenied
	classSetting // by the setting that it reads
)

// library is the two data files, read.
type library struct {
	builtin    map[string]verdict // by name; those of information_schema by schema.name
	anywhere   patterns           // denied in every schema
	system     patterns           // denied in pg_catalog
	extensions map[string]*extension
	harmless   []string // the volatile functions of pg_catalog that are allowed
}

// patterns finds the family of a name: exact names, and prefixes.
type patterns struct {
	exact  map[string]verdict
	prefix []prefixVerdict
}

type prefixVerdict struct {
	prefix string
	verdict
}

func (p *patterns) add(name string, v verdict) {
	if rest, ok := strings.CutSuffix(name, "*"); ok {
		p.prefix = append(p.prefix, prefixVerdict{rest, v})
		return
	}
	if p.exact == nil {
		p.exact = make(map[string]verdict)
	}
	if rest, ok := strings.CutSuffix(name, "/2"); ok {
		name, v.arguments = rest, 2
	}
	p.exact[name] = v
}

func (p *patterns) find(name string) (verdict, bool) {
	if v, ok := p.exact[name]; ok {
		return v, true
	}
	for _, x := range p.prefix {
		if strings.HasPrefix(name, x.prefix) {
			return x.verdict, true
		}
	}
	return verdict{}, false
}

var functionLibrary = mustLibrary(catalogText, functionsText)

// mustLibrary panics on a fault in the embedded files.
func mustLibrary(catalog, curated string) *library {
	lib := &library{builtin: make(map[string]verdict, 3000), extensions: make(map[string]*extension)}
	lib.readExtensions(extensionFiles)
	allowed := lib.readCurated(curated)
	for line := range strings.Lines(catalog) {
		name, flags, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		lib.builtin[name] = lib.classify(name, flags, allowed)
	}
	return lib
}

func (lib *library) classify(name, flags string, allowed patterns) verdict {
	v, denied := lib.anywhere.find(name)
	if !denied {
		v, denied = lib.system.find(name)
	}
	if _, ok := allowed.exact[name]; ok {
		if _, both := lib.system.exact[name]; both {
			panic("functions.txt: allowed and denied: " + name)
		}
		denied = false
	}
	if denied && v.class == classSetting {
		// as functions.txt says
	} else if _, ok := allowed.find(name); !denied && (ok || flags[0] != 'v') {
		v = verdict{class: classAllowed}
		if flags[0] == 'v' {
			lib.harmless = append(lib.harmless, name)
		}
	} else if !denied {
		v = verdict{class: classDenied, family: "volatile", hint: "this system function may have an effect"}
	}
	v.oneArgument = strings.Contains(flags, "1")
	v.onRow = strings.Contains(flags, "r")
	return v
}

func (lib *library) readCurated(text string) (allowed patterns) {
	var target *patterns
	var v verdict
	for line := range strings.Lines(text) {
		head, hint, _ := strings.Cut(strings.TrimSpace(line), " | ")
		words := strings.Fields(head)
		switch {
		case len(words) == 0 || words[0][0] == '#':
		case line[0] == ' ':
			for _, name := range words {
				target.add(name, v)
			}
		default:
			target, v = lib.section(words, hint, &allowed)
		}
	}
	return allowed
}

func (lib *library) section(words []string, hint string, allowed *patterns) (*patterns, verdict) {
	if words[0] == "allow" {
		return allowed, verdict{class: classAllowed}
	}
	if len(words) != 2 {
		panic("functions.txt: cannot read " + strings.Join(words, " "))
	}
	denied := verdict{class: classDenied, family: words[1], hint: hint, oneArgument: true}
	switch words[0] {
	case "deny":
		return &lib.system, denied
	case "by-setting":
		denied.class = classSetting
		return &lib.system, denied
	case "deny-any":
		return &lib.anywhere, denied
	}
	panic("functions.txt: unknown section " + words[0])
}

// find says what is known of schema.name; an empty schema stands for a name
// that the search path resolves.
func (lib *library) find(schema, name string) verdict {
	system := schema == "" || schema == systemSchema
	if system {
		if v, ok := lib.builtin[name]; ok {
			return v
		}
	}
	if v, ok := lib.deniedAnywhere(name, system); ok {
		return v
	}
	if v, ok := lib.anywhere.exact[schema+".schema"]; ok {
		return v
	}
	switch {
	case system:
		if v, ok := lib.system.find(name); ok {
			return v
		}
	case schema == "information_schema":
		if v, ok := lib.builtin[schema+"."+name]; ok {
			return v
		}
	}
	switch {
	case schema == systemSchema, schema == "information_schema":
		return verdict{
			class: classDenied, family: "unknown-system", oneArgument: true,
			hint: "no function of this name is known in PostgreSQL 14 to 18; an operator can allow it by schema.function",
		}
	case reservedName(name) && schema == "":
		return verdict{
			class: classDenied, family: "unknown-system", oneArgument: true,
			hint: "no function of this name is known in PostgreSQL 14 to 18; if it is the database's own, write its schema: schema." + name,
		}
	case reservedName(name):
		// In a schema of the database's own: one of PostgreSQL's names that is refused
		// stays so, and the target's catalog judges any other.
		if v, ok := lib.builtin[name]; ok && v.class == classDenied {
			return v
		}
		return lib.system.exact[name]
	}
	return verdict{}
}

// attribute says what is known of a name behind a dot, which is more often a column
// than a call: only whole names count.
func (lib *library) attribute(name string) verdict {
	if v, ok := lib.builtin[name]; ok {
		return v
	}
	if v, ok := lib.anywhere.exact[name]; ok {
		return v
	}
	return lib.system.exact[name]
}

// deniedAnywhere finds what is denied in every schema. A function of the database's
// own may begin like one of PostgreSQL's or an extension's (pg_check_health); owned
// says that it is none, or may be none.
func (lib *library) deniedAnywhere(name string, owned bool) (verdict, bool) {
	if v, ok := lib.anywhere.exact[name]; ok {
		return v, true
	}
	if !owned && reservedName(name) {
		return verdict{}, false
	}
	return lib.anywhere.find(name)
}

const systemSchema = "pg_catalog"

// reservedName tells the names that PostgreSQL and its contrib modules keep
// for functions close to the server.
func reservedName(name string) bool {
	return strings.HasPrefix(name, "pg_") || strings.HasPrefix(name, "lo_") || strings.HasPrefix(name, "dblink")
}
