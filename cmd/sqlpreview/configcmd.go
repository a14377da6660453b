package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/op-data/sqlpreview/cmd/internal/diagnostic"
	"github.com/op-data/sqlpreview/preview/connections"
)

// configCommand is about the settings file.
type configCommand struct {
	Schema  configSchemaCommand  `cmd:"" help:"Print the JSON Schema of the settings file, for editors and pipelines."`
	Check   configCheckCommand   `cmd:"" help:"Find the faults of a settings file. Exits 0 without one, 1 with any."`
	Example configExampleCommand `cmd:"" help:"Print a settings file with every setting, commented out and explained."`
}

type configSchemaCommand struct{}

// Run prints the schema.
func (*configSchemaCommand) Run(env *environment) error {
	schema, err := settingsSchema()
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(env.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(schema)
}

type configExampleCommand struct{}

// Run prints the example.
func (*configExampleCommand) Run(env *environment) error {
	text, err := exampleFile()
	if err != nil {
		return err
	}
	_, err = io.WriteString(env.stdout, text)
	return err
}

// configCheckCommand finds faults without opening what the file names.
type configCheckCommand struct {
	Env  bool   `help:"Judge it together with the OP_PREVIEW_ variables of the environment, as serve would."`
	File string `arg:"" help:"The settings file; - means standard input."`
}

// Help says what the short lines cannot.
func (*configCheckCommand) Help() string {
	return `It finds what is wrong with the file by itself: its JSON, unknown keys and keys that stand there twice, values of the
wrong type or out of bounds, and settings that need or exclude each other. It opens none of the files that the settings
name and asks no database: that is what the start of serve does.`
}

// Run prints one line a fault.
func (c *configCheckCommand) Run(env *environment) error {
	var content []byte
	var err error
	name := c.File
	if name == "-" {
		name = "standard input"
		content, err = io.ReadAll(env.stdin)
	} else {
		content, err = os.ReadFile(name) //nolint:gosec // the operator names the file
	}
	if err != nil {
		return misusef("the configuration file: %s", operatorText(err))
	}
	config := defaults()
	faults := config.read(name, content)
	if c.Env {
		faults = append(faults, config.readEnvironment(env)...)
	}
	faults = append(faults, config.settle()...)
	faults = append(faults, config.conflicts()...)
	lines := config.faultsIn(errors.Join(faults...))
	if len(lines) == 0 {
		_, err := fmt.Fprintf(env.stdout, "%s: no faults\n", diagnostic.Plain(name))
		return err
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(env.stderr, diagnostic.Plain(line)); err != nil {
			return err
		}
	}
	return errRefused
}

// conflicts returns what is wrong with settings that can be judged without opening
// what they name.
func (c *config) conflicts() []error {
	_, gradeErr := c.Sources.grade()
	faults := []error{gradeErr, c.Rules.maskingFaults()}
	faults = append(faults, c.Callers.conflicts()...)
	if c.Callers.sendsJWT() && c.Callers.jwtNeeds() == nil {
		_, err := c.Callers.accessToken()
		faults = append(faults, err)
	}
	if places := c.Sources.places(); len(places) > 1 {
		faults = append(faults, tooManyPlaces(places))
	}
	if len(c.Sources.Targets) > 0 {
		_, err := connections.ParseTargets(c.Sources.Targets)
		faults = append(faults, settingError(err, "targets"))
	}
	for _, chosen := range c.Sources.Managers.choices() {
		if !chosen.on {
			faults = append(faults, chosen.notOn())
		}
	}
	return append(faults, c.Sources.unsafeTargets())
}
