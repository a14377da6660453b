package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// versionCommand prints what is running.
type versionCommand struct {
	JSON bool `name:"json" help:"Print it as one JSON object."`
}

// versionJSON is what is running, as others script it.
type versionJSON struct {
	Version string `json:"version"`
	// Go is the toolchain's version, Platform as in linux/amd64.
	Go       string `json:"go"`
	Platform string `json:"platform"`
	// Parser is the version of the library with PostgreSQL's grammar, empty where the
	// build does not say.
	Parser string `json:"parser,omitempty"`
	// Tags are our build tags, which link secret managers.
	Tags []string `json:"tags"`
}

// parserModule is the library with PostgreSQL's grammar.
const parserModule = "github.com/pganalyze/pg_query_go/v6"

// Run prints one line, or one object.
func (c *versionCommand) Run(env *environment) error {
	if !c.JSON {
		_, err := fmt.Fprintf(env.stdout, "sqlpreview %s %s %s/%s\n", versionString(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	}
	said := versionJSON{Version: versionString(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Tags: []string{}}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == parserModule {
				said.Parser = module.Version
			}
		}
		for _, setting := range info.Settings {
			if setting.Key != "-tags" {
				continue
			}
			for tag := range strings.SplitSeq(setting.Value, ",") {
				if strings.HasPrefix(tag, "with_") {
					said.Tags = append(said.Tags, tag)
				}
			}
		}
	}
	encoder := json.NewEncoder(env.stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(said)
}

// versionString is the linker's word, else the module's version or revision.
func versionString() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}
