// Package resolution compares what a gateway decided about a text with what the
// server itself would run for it.
//
// The server's side comes from its own rewritten tree, read by package
// rewritten; the policy's side from the gateway's public answers. A text that was
// accepted although the server would run a function that the policy refuses is a
// finding; so is one that was refused for a function, an operator, a cast or a
// type while the server's tree holds none that the policy refuses.
//
// Where the oracle does not know (a function that takes any type may or may not
// compare its arguments; an extension's function may have been looked at), it says
// nothing either way.
package resolution

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/fuzz/internal/rewritten"
)

// Oracle judges texts against one database. It is not for use by more than one
// goroutine at a time.
type Oracle struct {
	// Strict, DenySchemas and AllowFunctions are those of the gateway's policy.
	Strict         bool
	DenySchemas    []string
	AllowFunctions []string

	session *rewritten.Session // the tested role's, with its own search path
	owner   *rewritten.Session // reads the catalog
	catalog *rewritten.Catalog
	grades  map[uint32]grade

	// Unreadable counts the texts whose tree could not be read for certain.
	Unreadable int
}

// New returns an oracle. role is the connection string of the tested role, whose
// session settings decide how names are resolved; owner is that of a role that may
// read the whole catalog. It connects when it is first asked.
func New(role, owner string) *Oracle {
	return &Oracle{session: rewritten.NewSession(role, pins...), owner: rewritten.NewSession(owner, "set application_name = 'fuzz-judge'")}
}

// pins are the settings of a preview's session that decide how a text is read.
var pins = []string{
	"set application_name = 'fuzz-judge'", "set standard_conforming_strings = on", "set client_encoding = 'UTF8'", "set client_min_messages = error",
	"set datestyle = 'ISO'", "set intervalstyle = postgres", "set jit = off",
}

// Forget makes the oracle read the catalog again before it judges the next text:
// objects have changed.
func (o *Oracle) Forget() { o.catalog = nil }

// Close ends the sessions.
func (o *Oracle) Close(ctx context.Context) error {
	err := o.session.Close(ctx)
	if other := o.owner.Close(ctx); err == nil {
		err = other
	}
	return err
}

// Finding is one disagreement. Two of one kind are the same finding.
type Finding struct {
	Kind, Detail string
}

// Decision is what a gateway decided about a text.
type Decision struct {
	// Accepted tells that the text reached the database.
	Accepted bool
	// Functions are the object ids of the functions that the gateway says it judged;
	// nil where it does not say.
	Functions map[uint32]bool
	// Rules are the rules of a refusal; Functional tells that all of them are about
	// functions, operators, casts or types.
	Rules      []string
	Functional bool
}

// Outcome is what the oracle says of a text.
type Outcome struct {
	Findings []Finding
	// Analysed tells that the server analysed the text: it would run.
	Analysed bool
	// Compared tells that the server's tree was read as well.
	Compared bool
	// Why says why nothing was compared.
	Why string
	// Answer is the server's tree, where it was read.
	Answer *rewritten.Answer
}

// Judge compares a decision with the server's tree. An error means that the
// server could not be asked.
func (o *Oracle) Judge(ctx context.Context, sql string, d Decision) (Outcome, error) {
	if !d.Accepted && !d.Functional {
		return Outcome{Why: "refused for another reason"}, nil
	}
	if err := o.readCatalog(ctx); err != nil {
		return Outcome{}, err
	}
	answer, err := o.session.Ask(ctx, sql)
	if err != nil {
		return Outcome{}, err
	}
	switch {
	case !answer.Analysed() && d.Accepted:
		outcome := Outcome{Why: "the server does not analyse it: " + answer.Refused.Message}
		outcome.Findings, err = o.raised(ctx, answer.Refused)
		return outcome, err
	case !answer.Analysed():
		return Outcome{Why: "the server does not analyse it: " + answer.Refused.Message}, nil
	case !answer.Readable():
		o.Unreadable++
		return Outcome{Analysed: true, Why: answer.Unreadable.Error()}, nil
	}
	outcome := Outcome{Analysed: true, Compared: true, Answer: answer}
	uses := o.catalog.Functions(answer.Queries, answer.Outputs)
	if d.Accepted {
		outcome.Findings, err = o.accepted(ctx, answer, uses, d)
	} else {
		outcome.Findings, err = o.refused(ctx, uses, d)
	}
	return outcome, err
}

// Catalog returns the catalog that the last text was judged by.
func (o *Oracle) Catalog() *rewritten.Catalog { return o.catalog }

func (o *Oracle) readCatalog(ctx context.Context) error {
	if o.catalog != nil {
		return nil
	}
	conn, err := o.owner.Conn(ctx)
	if err != nil {
		return err
	}
	o.grades = map[uint32]grade{}
	o.catalog, err = rewritten.ReadCatalog(ctx, conn)
	return err
}

// accepted lists what the server would run and the policy refuses.
func (o *Oracle) accepted(ctx context.Context, answer *rewritten.Answer, uses []rewritten.Use, d Decision) ([]Finding, error) {
	var findings []Finding
	kinds := map[string]bool{}
	find := func(kind, detail string) {
		if !kinds[kind] {
			kinds[kind] = true
			findings = append(findings, Finding{kind, detail})
		}
	}
	foreign := false
	for _, use := range uses {
		foreign = foreign || !use.Function.Builtin()
		g, err := o.grade(ctx, use)
		if err != nil {
			return nil, err
		}
		switch {
		case !use.Certain:
		case g == refused:
			find("runs a refused function: "+construct(use), fmt.Sprintf("the server would run %s (%s)", use.Function, where(use)))
		case d.Functions != nil && !d.Functions[use.Function.OID] && o.judged(use):
			find("runs a function unseen: "+construct(use), fmt.Sprintf("the server would run %s (%s), which the gateway does not list", use.Function, where(use)))
		}
	}
	if answer.Trees > 1 && !foreign {
		find("code at parse time", fmt.Sprintf("the server rewrote %d queries at Parse, and the tree names no function that could be the cause", answer.Trees))
	}
	return findings, nil
}

// judged reports whether a gateway must have looked at the function: one of the
// database's own, that no vetted extension's view hides.
func (o *Oracle) judged(use rewritten.Use) bool {
	return !use.Function.Builtin() && (use.View == nil || use.View.Extension == "")
}

// refused reports whether a refusal has no ground in the server's tree.
func (o *Oracle) refused(ctx context.Context, uses []rewritten.Use, d Decision) ([]Finding, error) {
	worst, err := o.worst(ctx, uses)
	if err != nil || worst != fine {
		return nil, err
	}
	rules := strings.Join(slices.Compact(slices.Sorted(slices.Values(d.Rules))), ", ")
	return []Finding{{"refused without ground: " + rules, "the gateway refuses it by " + rules + ", and the server would run no function that the policy refuses"}}, nil
}

// inContext finds the functions that the context of an error names.
var inContext = regexp.MustCompile(`(?m)function ("?)(\w+)"?\(`)

// raised looks for refused functions among those that an error at Parse names:
// such a function ran, and its error came before there was a tree.
func (o *Oracle) raised(ctx context.Context, e *pgconn.PgError) ([]Finding, error) {
	frames := inContext.FindAllStringSubmatch(e.Where, -1)
	if len(frames) == 0 {
		return nil, nil
	}
	outermost := frames[len(frames)-1][2] // what it calls is its own affair
	for _, f := range o.catalog.Named(outermost) {
		g, err := o.grade(ctx, rewritten.Use{Function: f})
		if err != nil {
			return nil, err
		}
		if g == refused {
			return []Finding{{"ran a refused function at Parse", "while the server analysed the text, it ran " + f.String()}}, nil
		}
	}
	return nil, nil
}

func where(use rewritten.Use) string {
	if use.View == nil {
		return use.Why
	}
	return use.Why + ", in the view " + use.View.Schema + "." + use.View.Name
}

// named are the words of Use.Why that differ from object to object.
var named = regexp.MustCompile(`\b(of the domain|of the partitions of|of|planning|argument of|output of|cast of) \S+?(,|$| to )`)

// repeated are the words of one step that is taken several times: an array of rows
// is compared by its rows, and these by their columns.
var repeated = regexp.MustCompile(`(, (?:comparison|output|input) of \*)(?:, (?:comparison|output|input) of \*)+`)

// construct names the way that leads to a function, without the names of objects.
func construct(use rewritten.Use) string {
	text := repeated.ReplaceAllString(named.ReplaceAllString(use.Why, "$1 *$2"), "$1")
	if use.View != nil {
		text += ", in a view"
	}
	return text
}
