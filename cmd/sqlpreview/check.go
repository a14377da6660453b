package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/op-data/sqlpreview/cmd/internal/diagnostic"
	"github.com/op-data/sqlpreview/preview"
)

// checkCommand gives the offline verdict.
type checkCommand struct {
	JSON  bool `name:"json" xor:"form" help:"Print the verdict as one JSON object."`
	Batch bool `xor:"form" help:"Read JSON lines {\"id\":..,\"sql\":..} and answer each with a JSON line, in order. Exits 0 once every line is answered."`
	settingFlags
	File string `arg:"" optional:"" name:"file" help:"The file with the query; - or nothing means standard input."`
}

// Help says what the short lines cannot.
func (*checkCommand) Help() string {
	return `Touches no database. Of the settings, policy_file and max_sql_bytes matter here.
Exit code 0: accepted. 1: refused. 2: misuse.`
}

// verdictJSON is a verdict as others script it.
type verdictJSON struct {
	Allowed    bool                `json:"allowed"`
	Violations []preview.Violation `json:"violations"`
}

// validate gives the verdict on a text.
type validate func(sql string) (*preview.Verdict, error)

// validator reads the policy and the limits of the settings.
func (c *checkCommand) validator(env *environment) (validate, func(), error) {
	config, err := c.load(env)
	if err != nil {
		return nil, nil, config.misconfigured(err)
	}
	policy, _, err := config.Rules.open()
	if err != nil {
		return nil, nil, config.misconfigured(err)
	}
	previewer, err := preview.New(preview.Config{
		Resolver: preview.StaticConnections(nil), Limits: config.Limits, Policy: policy,
	})
	if err != nil {
		return nil, nil, err
	}
	return func(sql string) (*preview.Verdict, error) {
		return previewer.Validate(context.Background(), sql)
	}, previewer.Close, nil
}

// Run checks one text, or each line of a batch.
func (c *checkCommand) Run(env *environment) error {
	validate, done, err := c.validator(env)
	if err != nil {
		return err
	}
	defer done()
	if c.Batch {
		if c.File != "" && c.File != "-" {
			return misusef("check --batch reads standard input, not a file; write: sqlpreview check --batch < %s", c.File)
		}
		return checkBatch(env.stdin, env.stdout, validate)
	}
	sql, err := c.read(env)
	if err != nil {
		return err
	}
	verdict, err := validate(sql)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(env.stdout).Encode(verdictOf(verdict))
	} else {
		err = c.print(env, sql, verdict)
	}
	if err == nil && !verdict.Allowed {
		err = errRefused
	}
	return err
}

// read returns the text, cut one byte above what any configuration accepts.
func (c *checkCommand) read(env *environment) (string, error) {
	if c.File == "" || c.File == "-" {
		return readSQL(context.Background(), env.typed())
	}
	file, err := os.Open(c.File)
	if err != nil {
		if strings.ContainsFunc(c.File, unicode.IsSpace) {
			return "", misusef("check takes a file; to check a text write: echo 'select 1' | sqlpreview check")
		}
		return "", misusef("cannot read the query: %v", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	return readSQL(context.Background(), file)
}

// byteOrderMark is what some editors write before a text in UTF-8. It is not part
// of the text.
const byteOrderMark = "\ufeff"

// readSQL reads a query without a byte order mark, cut one byte above what any configuration accepts,
// until ctx ends: a read from a terminal cannot be stopped, only left alone.
func readSQL(ctx context.Context, source io.Reader) (string, error) {
	var text []byte
	done := make(chan error, 1)
	go func() {
		var err error
		text, err = io.ReadAll(io.LimitReader(source, preview.HardMaxSQLBytes+1))
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return "", misusef("cannot read the query: %v", err)
		}
		return strings.TrimPrefix(string(text), byteOrderMark), nil
	case <-ctx.Done():
		return "", fmt.Errorf("%w while reading the query", errInterrupted)
	}
}

func (c *checkCommand) print(env *environment, sql string, verdict *preview.Verdict) error {
	if verdict.Allowed {
		_, err := fmt.Fprintln(env.stdout, "accepted")
		return err
	}
	name := c.File
	if name == "" || name == "-" {
		name = "query"
	}
	return diagnostic.Violations(env.stdout, diagnosticOptions(env, env.stdout), name, sql, verdict.Violations)
}

func verdictOf(verdict *preview.Verdict) verdictJSON {
	return verdictJSON{Allowed: verdict.Allowed, Violations: append([]preview.Violation{}, verdict.Violations...)}
}
