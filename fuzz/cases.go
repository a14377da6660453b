package fuzz

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/fuzz/gateway"
	"github.com/op-data/sqlpreview/fuzz/internal/resolution"
	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// ResolutionCase is a text and the database that it is sent to, one line of JSON
// in a file of cases.
type ResolutionCase struct {
	// Class is what the case is about.
	Class string `json:"cls"`
	// Setup makes the objects, in a database of their own. A superuser runs it. A
	// line without a setup has that of the line above.
	Setup string `json:"setup"`
	// SQL is the text.
	SQL string `json:"sql"`
	// Policy is the gateway's policy; empty means the built-in one.
	Policy json.RawMessage `json:"policy,omitempty"`
	// Expect begins with "refused" where the text must be refused and with "row" or
	// "value" where it must not; anything else leaves it to the server's tree.
	Expect string `json:"expect"`
	// Got says what became of the text.
	Got string `json:"got"`
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
// would run. told receives each result. An error means that the cases could not
// be tried.
func RunCases(ctx context.Context, config CasesConfig, cases io.Reader, told func(CaseResult) error) (err error) {
	dsn := config.DSN
	if dsn == "" {
		server, err := pgtest.New(ctx, pgtest.Options{Settings: Settings()})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		dsn = server.DSN()
	}
	r := &caseRunner{dsn: dsn, prefix: fmt.Sprintf("cases_%d_", time.Now().UnixNano())}
	defer func() { err = errors.Join(err, r.leave(context.WithoutCancel(ctx))) }()
	lines := bufio.NewReader(cases)
	for number := 1; ; number++ {
		line, readErr := lines.ReadString('\n')
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "#") {
			var c ResolutionCase
			if err := json.Unmarshal([]byte(text), &c); err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
			result, err := r.try(ctx, c)
			if err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
			if err := told(result); err != nil {
				return err
			}
		}
		if errors.Is(readErr, io.EOF) {
			return nil
		}
		if readErr != nil {
			return readErr
		}
	}
}

// objectInUse is the SQLSTATE of a database that still has sessions.
const objectInUse = "55006"

// caseRunner keeps the database of the last setup, which often comes again.
type caseRunner struct {
	dsn, prefix string
	made        int

	setup, policy string
	name          string // of the database; empty when the setup failed
	failed        string // why it failed
	gateway       *gateway.Embedded
	oracle        *resolution.Oracle
}

// try runs one case.
func (r *caseRunner) try(ctx context.Context, c ResolutionCase) (CaseResult, error) {
	if c.Setup == "" {
		c.Setup = r.setup
	}
	result := CaseResult{ResolutionCase: c}
	if c.SQL == "" {
		return result, r.enter(ctx, c)
	}
	if r.made == 0 || c.Setup != r.setup || string(c.Policy) != r.policy {
		if err := r.enter(ctx, c); err != nil {
			return result, err
		}
	}
	if r.failed != "" {
		result.Skipped = "the setup failed: " + r.failed
		return result, nil
	}
	answer, err := r.gateway.Query(ctx, c.SQL)
	if ctx.Err() != nil {
		return result, ctx.Err()
	}
	refusal := gateway.AsRefusal(err)
	decision := decisionOf(answer != nil, refusal)
	switch {
	case refusal != nil:
		result.Got = refusal.Error()
	case err != nil:
		return result, err
	default:
		result.Got = "rows"
	}
	outcome, err := r.oracle.Judge(ctx, c.SQL, decision)
	if err != nil {
		return result, err
	}
	for _, f := range outcome.Findings {
		result.Findings = append(result.Findings, f.Kind+": "+f.Detail)
	}
	stage := gateway.Stage("")
	if refusal != nil {
		stage = refusal.Stage
	}
	switch {
	case !outcome.Compared && decision.Accepted: // it would not run as it stands
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

// decisionOf reads from a gateway's answer what its own judgement was.
func decisionOf(answered bool, refusal *gateway.Refusal) resolution.Decision {
	d := resolution.Decision{Accepted: answered || refusal != nil && refusal.Stage == gateway.Database}
	if d.Accepted || refusal == nil {
		return d
	}
	d.Functional = refusal.Stage == gateway.Guard && len(refusal.Violations) > 0
	for _, v := range refusal.Violations {
		d.Rules = append(d.Rules, v.Rule)
		d.Functional = d.Functional && v.Reason == string(reason.FunctionNotAllowed)
	}
	return d
}

// enter makes the database of a case, and what looks at it.
func (r *caseRunner) enter(ctx context.Context, c ResolutionCase) error {
	if err := r.leave(ctx); err != nil {
		return err
	}
	r.setup, r.policy, r.failed = c.Setup, string(c.Policy), ""
	r.made++
	r.name = fmt.Sprintf("%s%d", r.prefix, r.made)
	if err := r.execute(ctx, r.dsn, "create database "+r.name+" template template0"); err != nil {
		return err
	}
	dsn, err := inDatabase(r.dsn, r.name)
	if err != nil {
		return err
	}
	if err := r.execute(ctx, dsn, c.Setup); err != nil {
		var refused *pgconn.PgError
		if !errors.As(err, &refused) {
			return err
		}
		r.failed = refused.Message
		return nil
	}
	policy := preview.Policy{}
	if r.policy != "" {
		if policy, err = preview.ParsePolicy([]byte(r.policy)); err != nil {
			return err
		}
	}
	previewer, err := preview.New(preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn)), Policy: policy, Pool: preview.Pool{Sessions: 1}})
	if err != nil {
		return err
	}
	r.gateway = &gateway.Embedded{Previewer: previewer, Timeout: 5 * time.Second}
	r.oracle = resolution.New(dsn, dsn)
	r.oracle.Strict, r.oracle.DenySchemas = policy.Strict, policy.DenySchemas
	return nil
}

// leave removes the database of the last setup.
func (r *caseRunner) leave(ctx context.Context) error {
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

// inDatabase is the connection string with another database's name.
func inDatabase(dsn, name string) (string, error) {
	c, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return "", errors.New("the connection string of the throw-away server cannot be read")
	}
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace
	text := fmt.Sprintf("host='%s' port=%d dbname='%s' user='%s' sslmode=disable", quote(c.Host), c.Port, name, quote(c.User))
	if c.Password != "" {
		text += " password='" + quote(c.Password) + "'"
	}
	return text, nil
}
