package main

import (
	"strconv"
	"strings"
	"time"
)

// settingFlags are the flags of every command that reads settings.
type settingFlags struct {
	Config string   `placeholder:"FILE" help:"A JSON file with settings. Default: the file that OP_PREVIEW_CONFIG names."`
	Set    []string `placeholder:"KEY=VALUE" sep:"none" help:"One setting, over the environment and the file. May be given several times."`
}

// sourceFlags say which database a command is about.
type sourceFlags struct {
	DSNFile        string `name:"dsn-file" placeholder:"FILE" help:"${help_dsn_file}"`
	ConnectionsDir string `name:"connections-dir" placeholder:"DIR" help:"${help_connections_dir}"`
}

// connectionFlag chooses one of several connections.
type connectionFlag struct {
	Connection string `placeholder:"ID" help:"The connection to use, where there are several. Default: \"default\"."`
}

// load reads the settings; named are those that the command has flags of their
// own for. The error names every fault.
func (f settingFlags) load(env *environment, named ...assignment) (*config, error) {
	file := f.Config
	if file == "" {
		file = env.getenv(configVariable)
	}
	flags := make([]assignment, 0, len(f.Set)+len(named))
	for _, text := range f.Set {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return defaults(), misusef("--set takes KEY=VALUE, for instance --set max_rows=20")
		}
		flags = append(flags, assignment{key: strings.TrimSpace(key), text: value, flag: "--set"})
	}
	for _, a := range named {
		if a.text != "" {
			flags = append(flags, a)
		}
	}
	return loadConfig(file, env, flags...)
}

// configVariable names the variable that stands for --config.
const configVariable = envPrefix + "CONFIG"

func (f sourceFlags) sourceSettings() []assignment {
	return []assignment{
		{key: "dsn_file", text: f.DSNFile, flag: "--dsn-file"},
		{key: "connections_dir", text: f.ConnectionsDir, flag: "--connections-dir"},
	}
}

// textOf is a flag's number as a setting's text, empty for a flag not given.
func textOf(number *int) string {
	if number == nil {
		return ""
	}
	return strconv.Itoa(*number)
}

// durationOf is a flag's time as a setting's text, empty for a flag not given.
func durationOf(d *time.Duration) string {
	if d == nil {
		return ""
	}
	return d.String()
}
