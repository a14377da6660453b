package main

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/cmd/sqlpreview-worker/internal/stack"
	"github.com/op-data/sqlpreview/preview/worker"
)

// TestEngineMutualTLS: Temporal asks for client certificates; worker and caller, the
// command too, show theirs, and without one there is no way in.
func TestEngineMutualTLS(t *testing.T) {
	s := startStack(t, stack.Options{MutualTLS: true}, 1)
	a := connectTo(t, s)
	if _, _, err := preview(t, a, ask("select 1")); err != nil {
		t.Error(err)
	}
	built, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), built.worker, "preview", "--connection", "default", "select name from birds where id = 7")
	command.Env = s.Environment()
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), canary+"-7") {
		t.Errorf("the command: %v: %s", err, output)
	}

	config, err := s.Config()
	if err != nil {
		t.Fatal(err)
	}
	config.TLS = config.TLS.Clone()
	config.TLS.Certificates = nil
	if connection, err := worker.Connect(t.Context(), config); err == nil {
		connection.Close()
		t.Error("it connects without a certificate")
	}
	config.TLS = nil
	if connection, err := worker.Connect(t.Context(), config); err == nil {
		connection.Close()
		t.Error("it connects in plaintext")
	}
	command = exec.CommandContext(t.Context(), built.worker, "preview", "select 1")
	for _, variable := range s.Environment() {
		if !strings.HasPrefix(variable, "OP_TEMPORAL_TLS_CERT=") && !strings.HasPrefix(variable, "OP_TEMPORAL_TLS_KEY=") {
			command.Env = append(command.Env, variable)
		}
	}
	output, err = command.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitRefused || strings.Contains(string(output), s.Temporal.Address()) {
		t.Errorf("the command without a certificate: %v: %s", err, output)
	}
}
