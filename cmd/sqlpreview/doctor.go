package main

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/server/wire"
)

// defaultMinGrade is the worst grade that doctor finds good enough.
const defaultMinGrade = doctor.GradeB

// doctorCommand grades a connection.
type doctorCommand struct {
	JSON      bool   `name:"json" help:"Print the report as JSON."`
	Dedicated bool   `help:"The role is used for nothing but previews: also print statements that take rights from it."`
	MinGrade  string `name:"min-grade" placeholder:"GRADE" help:"The worst grade that is still good: A, B, C, D or F. Default: the setting min_grade, else B."`
	sourceFlags
	connectionFlag
	settingFlags
}

// Help says what the short lines cannot.
func (*doctorCommand) Help() string {
	return `Looks at what the role could do if everything in front of the database failed, and prints the statements that
make a role of its own for previews. It changes nothing.
Grades: A nothing to complain about; B a defence in depth is missing; C the role sees more than it should;
D it can change data or read secrets; F it can take the server over.
Exit code 0: the grade is --min-grade or better. 1: it is worse, or the database cannot be examined. 2: misuse.`
}

// Run examines and prints.
func (c *doctorCommand) Run(ctx context.Context, env *environment) error {
	config, err := c.load(env, append(c.sourceSettings(), assignment{key: "min_grade", text: c.MinGrade, flag: "--min-grade"})...)
	if err != nil {
		return config.misconfigured(err)
	}
	opened, err := config.openCore(ctx)
	if err != nil {
		return config.misconfigured(err)
	}
	defer opened.source.close()
	least := cmp.Or(opened.least, defaultMinGrade)
	connection, err := opened.connection(ctx, config, cmp.Or(c.Connection, preview.DefaultConnectionID))
	if err != nil {
		return err
	}
	report, err := doctor.Examine(ctx, connection, doctor.Options{Dedicated: c.Dedicated})
	if err != nil {
		return printFailure(ctx, env, failedInput{name: "connection", json: c.JSON}, wire.Failure(err))
	}
	if c.JSON {
		encoder := json.NewEncoder(env.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		p := reportPrinter{colour: colours(env, env.stdout), width: widthOf(env.stdout), dedicated: c.Dedicated}
		err = p.print(env.stdout, report)
	}
	if err == nil && !report.Grade.AtLeast(least) {
		err = errRefused
	}
	return err
}
