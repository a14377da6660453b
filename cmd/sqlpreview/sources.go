package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/connections"
	"github.com/op-data/sqlpreview/preview/doctor"
)

// sources says where the connections come from: one of DSN, DSNFile, Dir and
// AgentDSN with WorkspaceID.
type sources struct {
	// DSN and AgentDSN come from the environment alone.
	DSN, AgentDSN preview.Secret
	DSNFile       string
	Dir           string
	WorkspaceID   string
	AgentSchema   string
	Targets       []string
	SecretsDir    string
	Managers      managers
	MinGrade      string
}

// source is where connections come from, and whether they can be had now.
type source struct {
	preview.Resolver
	// ping asks the place where connections are kept; nil where that is no place.
	ping  func(context.Context) error
	close func()
	// single reports that there is one connection, "default".
	single bool
	// setting is the one that says where the connections are.
	setting string
	// dir is the folder of connections, where there is one.
	dir string
}

// ids lists the ids that are known: "default", or the names of a folder's files;
// none where a database keeps them.
func (s *source) ids() (ids []string) {
	if s.single {
		return []string{preview.DefaultConnectionID}
	}
	if s.dir == "" {
		return nil
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		if info, err := os.Stat(filepath.Join(s.dir, entry.Name())); err == nil && info.Mode().IsRegular() && !strings.HasPrefix(entry.Name(), ".") {
			ids = append(ids, entry.Name())
		}
	}
	return ids
}

// fault says which setting, or which file of the folder, holds a connection that
// cannot be used.
func (s *source) fault(id string, err error) error {
	if s.dir != "" {
		err = fmt.Errorf("%s: %s", filepath.Join(s.dir, id), operatorText(err))
	}
	return settingError(err, s.setting)
}

// lister returns what lists the connections: every place where they are kept can.
func (s *source) lister() preview.ConnectionLister {
	lister, _ := s.Resolver.(preview.ConnectionLister)
	return lister
}

// open returns the source, or every fault of s.
func (s sources) open(ctx context.Context) (*source, error) {
	stored, closeManagers, err := s.policy()
	// The operator's own DSN and files may name files; what others store in the
	// agent's table may not.
	own := stored
	own.Files = true
	opened := &source{close: closeManagers}
	var openErr error
	switch places := s.places(); {
	case len(places) == 0:
		openErr = errors.New("no database: set OP_PREVIEW_DSN to a connection string, or name a file that holds one (OP_PREVIEW_DSN_FILE), " +
			"a folder of such files (OP_PREVIEW_CONNECTIONS_DIR), or the agent's workspace (OP_PREVIEW_WORKSPACE_ID with OP_AGENT_DATABASE_URL)")
	case len(places) > 1:
		openErr = tooManyPlaces(places)
	case !s.DSN.IsEmpty():
		opened.single, opened.setting = true, "OP_PREVIEW_DSN"
		opened.Resolver, openErr = connections.Single(ctx, s.DSN, own)
		openErr = settingError(openErr, "OP_PREVIEW_DSN")
	case s.DSNFile != "":
		opened.single, opened.setting = true, "dsn_file"
		opened.Resolver, openErr = connections.File(s.DSNFile, own)
		openErr = settingError(openErr, "dsn_file")
	case s.Dir != "":
		opened.setting, opened.dir = "connections_dir", s.Dir
		opened.Resolver, openErr = connections.Directory(s.Dir, own)
		openErr = settingError(openErr, "connections_dir")
		opened.ping = func(context.Context) error { _, err := connections.Directory(s.Dir, own); return err }
	default:
		opened.setting = "workspace_id"
		var agent *connections.Agent
		agent, openErr = connections.OpenAgent(connections.AgentConfig{
			DSN: s.AgentDSN, WorkspaceID: s.WorkspaceID, Schema: s.AgentSchema, Policy: stored,
		})
		if openErr == nil {
			opened.Resolver, opened.ping = agent, agent.Ping
			opened.close = func() { agent.Close(); closeManagers() }
		}
	}
	if err := errors.Join(err, openErr); err != nil {
		closeManagers()
		return nil, err
	}
	return opened, nil
}

func tooManyPlaces(places []string) error {
	return fmt.Errorf("connections come from more than one place: %s; set one", strings.Join(places, " and "))
}

// places names what is set. OP_AGENT_DATABASE_URL alone is no choice: the agent
// has it in the environment for itself.
func (s sources) places() []string {
	var places []string
	for _, place := range []struct {
		name string
		set  bool
	}{
		{"OP_PREVIEW_DSN", !s.DSN.IsEmpty()},
		{"dsn_file", s.DSNFile != ""},
		{"connections_dir", s.Dir != ""},
		{"workspace_id", s.WorkspaceID != ""},
	} {
		if place.set {
			places = append(places, place.name)
		}
	}
	return places
}

// policy is what a stored connection may ask for, and what closes the secret
// managers.
func (s sources) policy() (connections.Policy, func(), error) {
	var policy connections.Policy
	var secretErr error
	targetErr := s.unsafeTargets()
	if len(s.Targets) > 0 {
		var err error
		policy.Targets, err = connections.ParseTargets(s.Targets)
		targetErr = errors.Join(targetErr, settingError(err, "targets"))
	}
	secrets, closeManagers, managerErr := s.Managers.open()
	policy.Secrets = secrets
	if s.SecretsDir != "" {
		secrets[connections.FileScheme], secretErr = connections.SecretFiles(s.SecretsDir)
	}
	return policy, closeManagers, errors.Join(targetErr, settingError(secretErr, "secrets_dir"), managerErr)
}

// unsafeTargets refuses references to secrets where others than the operator choose
// the host that a secret is sent to.
func (s sources) unsafeTargets() error {
	if s.refers() && s.WorkspaceID != "" && s.anywhere() {
		return errors.New("secrets_dir and secret managers with workspace_id need targets that are addresses or networks: who can store a connection could send a secret to any host")
	}
	return nil
}

// anywhere reports whether hosts that the operator has not named may be reached.
func (s sources) anywhere() bool {
	return len(s.Targets) == 0 || slices.Contains(s.Targets, connections.TargetAny) || slices.Contains(s.Targets, connections.TargetRemote)
}

// refers reports whether payloads may refer to secrets.
func (s sources) refers() bool { return s.SecretsDir != "" || len(s.Managers.choices()) > 0 }

// grade returns the least grade that is served, empty for any.
func (s sources) grade() (doctor.Grade, error) {
	if s.MinGrade == "" {
		return "", nil
	}
	grade, err := doctor.ParseGrade(s.MinGrade)
	return grade, settingError(err, "min_grade")
}
