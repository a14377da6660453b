// Command vault is HashiCorp Vault's own core with its key-value secrets and its
// Kubernetes login, and none of the rest that makes the whole program take half
// an hour to compile. It is the server of tests alone, which start it like the
// whole program in its development mode:
//
//	vault server -dev -dev-root-token-id=TOKEN -dev-listen-address=HOST:PORT
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	log "github.com/hashicorp/go-hclog"
	kubeauth "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "vault:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) < 2 || os.Args[1] != "server" {
		return errors.New("the one command is server")
	}
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	_ = flags.Bool("dev", false, "as always")
	root := flags.String("dev-root-token-id", "", "the root token")
	address := flags.String("dev-listen-address", "127.0.0.1:8200", "where to listen")
	if err := flags.Parse(os.Args[2:]); err != nil {
		return err
	}
	logger := log.NewNullLogger()
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return err
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical: storage, DisableMlock: true, Logger: logger, BuiltinRegistry: registry{},
		LogicalBackends:    map[string]logical.Factory{"kv": kv.Factory},
		CredentialBackends: map[string]logical.Factory{"kubernetes": kubeauth.Factory},
	})
	if err != nil {
		return err
	}
	ctx := context.Background()
	made, err := core.Initialize(ctx, &vault.InitParams{
		BarrierConfig:  &vault.SealConfig{SecretShares: 1, SecretThreshold: 1, StoredShares: 1},
		RecoveryConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1},
	})
	if err != nil {
		return err
	}
	if _, err := core.Unseal(made.SecretShares[0]); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{Core: core, ListenerConfig: &configutil.Listener{Address: *address}})
	gate := make(chan struct{})
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Nobody is answered before the root token and the mount are there.
		if r.Header.Get("X-Vault-Token") != made.RootToken {
			<-gate
		}
		handler.ServeHTTP(w, r)
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	for path, body := range map[string]string{
		"auth/token/create": `{"id":"` + *root + `","policies":["root"],"no_parent":true}`,
		"sys/mounts/secret": `{"type":"kv","options":{"version":"2"}}`,
	} {
		request, err := http.NewRequest(http.MethodPost, "http://"+listener.Addr().String()+"/v1/"+path, bytes.NewReader([]byte(body)))
		if err != nil {
			return err
		}
		request.Header.Set("X-Vault-Token", made.RootToken)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		_, _ = text.ReadFrom(response.Body)
		_ = response.Body.Close()
		if response.StatusCode >= 300 {
			return fmt.Errorf("%s: %s %s", path, response.Status, &text)
		}
	}
	close(gate)
	return <-done
}

// registry has no plugins but those that are given to the core.
type registry struct{}

func (registry) Contains(name string, kind consts.PluginType) bool {
	return name == "kv" && kind == consts.PluginTypeSecrets || name == "kubernetes" && kind == consts.PluginTypeCredential
}

func (registry) Get(name string, kind consts.PluginType) (func() (any, error), bool) {
	switch {
	case name == "kv" && kind == consts.PluginTypeSecrets:
		return func() (any, error) { return kv.Factory, nil }, true
	case name == "kubernetes" && kind == consts.PluginTypeCredential:
		return func() (any, error) { return kubeauth.Factory, nil }, true
	}
	return nil, false
}

func (registry) Keys(consts.PluginType) []string { return nil }

func (registry) DeprecationStatus(string, consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, true
}

func (registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }
