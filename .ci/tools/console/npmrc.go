package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// publicRegistry is npm's default.
const publicRegistry = "https://registry.npmjs.org/"

// registries says where npm would take packages from: by scope, "" being the
// default.
type registries map[string]string

// readRegistries reads the settings "registry" and "@scope:registry" as npm does
// (https://docs.npmjs.com/cli/configuring-npm/npmrc): the environment before the
// page's .npmrc, that before the user's, that before the machine's. Credentials are
// not read.
func readRegistries(page string, getenv func(string) string) registries {
	found := registries{}
	user := getenv("NPM_CONFIG_USERCONFIG")
	if home, err := os.UserHomeDir(); user == "" && err == nil {
		user = filepath.Join(home, ".npmrc")
	}
	global := getenv("NPM_CONFIG_GLOBALCONFIG")
	if global == "" {
		global = "/etc/npmrc"
	}
	for _, file := range []string{global, user, filepath.Join(page, ".npmrc")} {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // as npm does
		}
		lines := bufio.NewScanner(bytes.NewReader(content))
		for lines.Scan() {
			key, value, ok := strings.Cut(lines.Text(), "=")
			if key = strings.TrimSpace(key); ok {
				found.set(key, strings.Trim(strings.TrimSpace(value), `"'`))
			}
		}
	}
	for _, name := range []string{"npm_config_registry", "NPM_CONFIG_REGISTRY"} {
		found.set("registry", getenv(name))
	}
	return found
}

func (r registries) set(key, value string) {
	scope, isScope := strings.CutSuffix(key, ":registry")
	if value == "" || !isScope && key != "registry" {
		return
	}
	if !isScope {
		scope = ""
	}
	r[scope] = strings.TrimSuffix(value, "/") + "/"
}

// of returns the registry of a package.
func (r registries) of(name string) string {
	scope, _, scoped := strings.Cut(name, "/")
	if scoped && r[scope] != "" {
		return r[scope]
	}
	if r[""] != "" {
		return r[""]
	}
	return publicRegistry
}
