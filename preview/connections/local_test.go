package connections_test

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/connections"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// TestAgentReachesNothingLocal: whoever may store a connection cannot have the
// sidecar go to a server that trusts local users, nor to the agent's own database,
// unless the operator has chosen so.
func TestAgentReachesNothingLocal(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{TCP: true})
	host, port, password := server.TCP()
	socket := server.Database(t, "")
	overTCP := fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=postgres sslmode=disable", host, port, password)
	stored := map[string]string{
		"socket":    socket,
		"loopback":  overTCP,
		"name":      strings.Replace(overTCP, "host="+host, "host=localhost", 1),
		"interface": strings.Replace(overTCP, "host="+host, "host="+interfaceAddress(t), 1),
	}
	var inserts strings.Builder
	for id, dsn := range stored {
		payload, err := json.Marshal(map[string]string{"dsn": dsn})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&inserts, `insert into "Connection" values ('%s', 'postgres', '%s', 'ours', '%s');`, id, strings.ReplaceAll(string(payload), "'", "''"), id)
	}
	agentDSN := preview.NewSecret(server.Database(t, schemas["text and jsonb"]+inserts.String()))
	for _, c := range []struct {
		targets []string // nil: the default
		reached []string
	}{
		{nil, nil},
		{[]string{connections.TargetRemote}, nil},
		{[]string{connections.TargetAny}, []string{"socket", "loopback", "name"}},
		{[]string{connections.TargetRemote, connections.TargetUnix}, []string{"socket"}},
		{[]string{"127.0.0.0/8", "::1"}, []string{"loopback", "name"}},
	} {
		var policy connections.Policy
		if c.targets != nil {
			var err error
			if policy.Targets, err = connections.ParseTargets(c.targets); err != nil {
				t.Fatal(err)
			}
		}
		agent := openAgent(t, connections.AgentConfig{DSN: agentDSN, WorkspaceID: "ours", Policy: policy})
		previewer, err := preview.New(preview.Config{Resolver: agent})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(previewer.Close)
		for id := range stored {
			if id == "interface" && c.reached != nil {
				continue // the server does not listen there
			}
			want := reason.DatabaseLoginFailed
			for _, reached := range c.reached {
				if reached == id {
					want = ""
				}
			}
			_, err := previewer.Preview(t.Context(), preview.Request{ConnectionID: id, SQL: "select 1"})
			if got := preview.ReasonOf(err); got != want {
				t.Errorf("%v: %s: got %q (%v), want %q", c.targets, id, got, err, want)
			}
		}
	}
}

// interfaceAddress is an address of this machine's, not of its loopback interface
// if it has another.
func interfaceAddress(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			return network.IP.String()
		}
	}
	return "127.0.0.2"
}
