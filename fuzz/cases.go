package fuzz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/fuzz/gateway"
	"github.com/op-data/sqlpreview/fuzz/internal/fixture"
	"github.com/op-data/sqlpreview/fuzz/internal/resolution"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/sanitize"
)

// ResolutionCase is a text and the database that it is sent to, one line of JSON
// in a file of cases.
type ResolutionCase struct {
	// Class is what the case is about.
	Class string `json:"cls"`
	// Setup makes the objects, in a database of their own: SQL that a superuser runs,
	// or "traps" for the harness's own traps. A line without a setup has that of the
	// line above.
	Setup string `json:"setup"`
	// SQL is the text.
	SQL string `json:"sql"`
	// Policy is the gateway's policy; empty means the built-in one.
	Policy json.RawMessage `json:"policy,omitempty"`
	// Role is who asks; empty means a superuser.
	Role string `json:"role,omitempty"`
	// Encoding is the database's encoding; empty means the server's own.
	Encoding string `json:"encoding,omitempty"`
	// Since and Until are the major versions of PostgreSQL that the case is for; 0
	// means any.
	Since int `json:"since,omitempty"`
	Until int `json:"until,omitempty"`
	// Expect begins with "refused" where the text must be refused and with "row" or
	// "value" where it must not; anything else leaves it to the server's tree.
	Expect string `json:"expect"`
	// NotInTree tells that the server's tree does not show why the text is refused.
	NotInTree bool `json:"notInTree,omitempty"`
	// Got says what became of the text.
	Got string `json:"got"`
}

// place names what of a case makes a database and a gateway.
func (c *ResolutionCase) place() string {
	return strings.Join([]string{c.Setup, string(c.Policy), c.Role, c.Encoding}, "\x00")
}

// CaseResult is what became of a case.
type CaseResult struct {
	ResolutionCase
	// Findings say what is wrong; empty when nothing is.
	Findings []string `json:"findings,omitempty"`
	// Skipped says why the case could not be tried; empty when it was.
	Skipped string `json:"skipped,omitempty"`
}

// CasesConfig says where cases are tried.
type CasesConfig struct {
	// DSN is a superuser's connection string to a throw-away server. Empty: one is
	// started and removed.
	DSN string
}

// RunCases sends each case of a file to the embedded package, in a database made
// by its setup, and compares what the package decides with what the server itself
// would run. report receives each result. An error means that the cases could not
// be tried.
func RunCases(ctx context.Context, config CasesConfig, cases iter.Seq2[ResolutionCase, error], report func(CaseResult) error) (err error) {
	dsn := config.DSN
	if dsn == "" {
		server, err := pgtest.New(ctx, pgtest.Options{Settings: Settings()})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		dsn = server.DSN()
	}
	r := newCaseRunner(dsn)
	defer func() { err = errors.Join(err, r.dropDatabase(context.WithoutCancel(ctx))) }()
	for c, err := range cases {
		if err != nil {
			return err
		}
		result, err := r.try(ctx, c)
		if err != nil {
			return fmt.Errorf("%.200q: %w", c.SQL, err)
		}
		if c.SQL == "" {
			continue
		}
		if err := report(result); err != nil {
			return err
		}
	}
	return nil
}

// objectInUse is the SQLSTATE of a database that still has sessions.
const objectInUse = "55006"

// caseRunner keeps the database of the last setup, which often comes again.
type caseRunner struct {
	dsn, prefix string
	made        int

	place   string // what the database and the gateway were made for
	setup   string
	version int    // the server's major version
	name    string // of the database; empty when the setup failed
	failed  string // why it failed
	gateway *gateway.Embedded
	oracle  *resolution.Oracle
	rules   *sanitize.Sanitizer
}

func newCaseRunner(dsn string) *caseRunner {
	return &caseRunner{dsn: dsn, prefix: fmt.Sprintf("cases_%d_", time.Now().UnixNano())}
}

// try runs one case.
func (r *caseRunner) try(ctx context.Context, c ResolutionCase) (CaseResult, error) {
	if c.Setup == "" {
		c.Setup = r.setup
	}
	result := CaseResult{ResolutionCase: c}
	var err error
	if result.Skipped, err = r.ready(ctx, c); err != nil || result.Skipped != "" || c.SQL == "" {
		return result, err
	}
	answer, err := r.gateway.Query(ctx, c.SQL)
	if ctx.Err() != nil {
		return result, ctx.Err()
	}
	refusal := gateway.AsRefusal(err)
	decision := decisionOf(answer != nil, refusal)
	decision.Functional = decision.Functional && !c.NotInTree
	if answer != nil {
		decision.Functions = answer.Functions
	}
	switch {
	case refusal != nil:
		result.Got = refusal.Error()
		for _, v := range refusal.Violations {
			result.Got += "; " + v.Message
		}
	case err != nil:
		return result, err
	default:
		result.Got = "rows"
	}
	outcome, err := r.oracle.Judge(ctx, c.SQL, decision)
	if err != nil {
		return result, err
	}
	m := masks{rules: r.rules, catalog: r.oracle.Catalog()}
	for _, f := range append(outcome.Findings, m.findings(answer, outcome)...) {
		if c.NotInTree && strings.HasPrefix(f.Kind, "refused without ground") {
			continue
		}
		result.Findings = append(result.Findings, f.Kind+": "+f.Detail)
	}
	stage := gateway.Stage("")
	if refusal != nil {
		stage = refusal.Stage
	}
	switch {
	case !outcome.Analysed && decision.Accepted: // it would not run as it stands
	case strings.HasPrefix(c.Expect, "refused") && stage != gateway.Guard:
		result.Findings = append(result.Findings, "accepted: the case expects a refusal")
	case (strings.HasPrefix(c.Expect, "row") || strings.HasPrefix(c.Expect, "value")) && stage != "":
		result.Findings = append(result.Findings, "refused: the case expects "+c.Expect)
	}
	if len(result.Findings) == 0 && !outcome.Compared {
		result.Skipped = outcome.Why
	}
	return result, nil
}

// ready makes the database of a case unless it is the one of the last, and says
// why the case cannot be tried there.
func (r *caseRunner) ready(ctx context.Context, c ResolutionCase) (why string, err error) {
	if r.made == 0 || c.place() != r.place {
		if err := r.makeDatabase(ctx, c); err != nil {
			return "", err
		}
	}
	if r.failed != "" {
		return "the setup failed: " + r.failed, nil
	}
	if r.version < c.Since || c.Until > 0 && r.version > c.Until {
		return fmt.Sprintf("it is not for PostgreSQL %d", r.version), nil
	}
	return "", nil
}

// decisionOf reads from a gateway's answer what its own judgement was.
func decisionOf(answered bool, refusal *gateway.Refusal) resolution.Decision {
	d := resolution.Decision{Accepted: answered || judgedAndSent(refusal)}
	if d.Accepted || refusal == nil {
		return d
	}
	d.Functional = refusal.Stage == gateway.Guard && len(refusal.Violations) > 0
	for _, v := range refusal.Violations {
		d.Rules = append(d.Rules, v.Rule)
		// What an operator's own lists refuse, or only data names, may stand in no tree.
		d.Functional = d.Functional && v.Reason == string(reason.FunctionNotAllowed) && !strings.HasSuffix(v.Rule, "-policy") && v.Rule != "type-hidden"
	}
	return d
}

// judgedAndSent tells whether a refusal is the database's of a text that the gateway
// had accepted. One that ran out of time, or got no session, may not have been judged.
func judgedAndSent(refusal *gateway.Refusal) bool {
	if refusal == nil || refusal.Stage != gateway.Database {
		return false
	}
	switch reason.Reason(refusal.Reason) {
	case reason.StatementTimeout, reason.ClientCanceled, reason.AdminCanceled, reason.LockTimeout,
		reason.DatabaseBusy, reason.DatabaseUnavailable, reason.ConcurrencyLimit:
		return false
	default:
		return true
	}
}

// makeDatabase makes the database of a case, and what looks at it.
func (r *caseRunner) makeDatabase(ctx context.Context, c ResolutionCase) error {
	if err := r.dropDatabase(ctx); err != nil {
		return err
	}
	r.place, r.setup, r.failed = c.place(), c.Setup, ""
	r.made++
	r.name = fmt.Sprintf("%s%d", r.prefix, r.made)
	if err := r.execute(ctx, r.dsn, r.creation(c)); err != nil {
		return err
	}
	dsn, err := inDatabase(r.dsn, "", r.name)
	if err != nil {
		return err
	}
	setup := c.Setup
	if setup == trapsSetup {
		setup = fixture.Traps()
	}
	if r.version, err = r.prepare(ctx, dsn, setup); err != nil {
		var refused *pgconn.PgError
		if !errors.As(err, &refused) {
			return err
		}
		r.failed = refused.Message
		return nil
	}
	policy := preview.Policy{}
	if len(c.Policy) > 0 {
		if policy, err = preview.ParsePolicy(c.Policy); err != nil {
			return err
		}
	}
	role, err := inDatabase(r.dsn, c.Role, r.name)
	if err != nil {
		return err
	}
	previewer, err := preview.New(preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(role)), Policy: policy, Pool: preview.Pool{Sessions: 1}})
	if err != nil {
		return err
	}
	if r.rules, err = sanitize.New(sanitize.Config{}); err != nil {
		return err
	}
	r.gateway = &gateway.Embedded{Previewer: previewer, Timeout: 5 * time.Second}
	r.oracle = resolution.New(role, dsn)
	r.oracle.Strict, r.oracle.DenySchemas, r.oracle.AllowFunctions = policy.Strict, policy.DenySchemas, policy.AllowFunctions
	return nil
}

// dropDatabase removes the database of the last setup.
func (r *caseRunner) dropDatabase(ctx context.Context) error {
	if r.name == "" {
		return nil
	}
	var err error
	if r.gateway != nil {
		r.gateway.Previewer.Close()
		r.gateway = nil
	}
	if r.oracle != nil {
		err = r.oracle.Close(ctx)
		r.oracle = nil
	}
	name := r.name
	r.name = ""
	dropped := r.execute(ctx, r.dsn, "drop database "+name+" with (force)")
	var refused *pgconn.PgError
	if errors.As(dropped, &refused) && refused.Code == objectInUse {
		dropped = nil // a query that cannot be interrupted; the server is a throw-away one
	}
	return errors.Join(err, dropped)
}

func (r *caseRunner) execute(ctx context.Context, dsn, sql string) error {
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return errors.New("the throw-away server does not answer")
	}
	_, err = conn.Exec(ctx, sql).ReadAll()
	return errors.Join(err, conn.Close(ctx))
}

// trapsSetup is the setup that stands for the harness's own traps.
const trapsSetup = "traps"

// creation is the statement that makes a case's database.
func (r *caseRunner) creation(c ResolutionCase) string {
	text := "create database " + r.name + " template template0"
	if c.Encoding != "" {
		text += " encoding '" + strings.ReplaceAll(c.Encoding, "'", "''") + "' lc_collate 'C' lc_ctype 'C'"
	}
	return text
}

// prepare runs a setup and returns the server's major version.
func (r *caseRunner) prepare(ctx context.Context, dsn, setup string) (version int, err error) {
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return 0, errors.New("the throw-away server does not answer")
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, sql := range []string{"set client_encoding = utf8; set client_min_messages = error", setup} {
		if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
			return 0, err
		}
	}
	return strconv.Atoi(strings.FieldsFunc(conn.ParameterStatus("server_version"), func(c rune) bool { return c < '0' || c > '9' })[0])
}

// inDatabase is the connection string with another user's and database's name. An
// empty user is the same one.
func inDatabase(dsn, user, name string) (string, error) {
	c, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return "", errors.New("the connection string of the throw-away server cannot be read")
	}
	if user == "" {
		user = c.User
	}
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace
	text := fmt.Sprintf("host='%s' port=%d dbname='%s' user='%s' sslmode=disable", quote(c.Host), c.Port, name, quote(user))
	if c.Password != "" {
		text += " password='" + quote(c.Password) + "'"
	}
	return text, nil
}
