package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline/cmd/hotline/gateway"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/sip"
)

// ServeCmd runs the gateway.
type ServeCmd struct {
	Config string `short:"c" help:"Configuration file; without one every setting has its default. 'hotline config' prints them all." type:"existingfile"`
	// Announce is for programs that start the gateway with port 0.
	Announce bool `help:"Print one JSON line with the addresses once calls are taken and understood."`
}

// Run serves until SIGINT or SIGTERM, then lets calls finish; a second signal ends at once.
func (c *ServeCmd) Run(env *Env) error {
	cfg := config.Default()
	if c.Config != "" {
		var err error
		if cfg, err = config.Load(c.Config); err != nil {
			return err
		}
	}
	log := env.Log
	if c.Config != "" {
		log = logger(cfg.Log, env.Stderr)
	}
	gosip.SetDefaultLogger(sip.StackLogger(log)) // sipgo's connections log to the package's own
	g, err := gateway.New(cfg, gateway.Options{Logger: log})
	if err != nil {
		return err
	}
	if c.Announce {
		ctx, stop := context.WithCancel(env.Ctx)
		defer stop()
		go announce(ctx, g, env.Stdout)
	}
	return g.Run(env.Ctx)
}

// logger returns a logger as the configuration wants it.
func logger(cfg config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Level)) // checked by config
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// addresses is what a gateway announces.
type addresses struct {
	UDP  string `json:"udp,omitempty"`
	TCP  string `json:"tcp,omitempty"`
	TLS  string `json:"tls,omitempty"`
	HTTP string `json:"http,omitempty"`
	// Speech is the URL of the speech process, for clients on this machine.
	Speech string `json:"speech,omitempty"`
}

func announce(ctx context.Context, g *gateway.Gateway, w io.Writer) {
	for _, ready := range []<-chan struct{}{g.Phone().Ready(), g.Speech().Ready()} {
		select {
		case <-ready:
		case <-ctx.Done():
			return
		}
	}
	text := func(network string) string {
		if a := g.Phone().Addr(network); a.IsValid() {
			return a.String()
		}
		return ""
	}
	line, err := json.Marshal(addresses{UDP: text(sip.UDP), TCP: text(sip.TCP), TLS: text(sip.TLS), HTTP: g.HTTPAddr(), Speech: g.Speech().URL()})
	if err == nil {
		_, _ = fmt.Fprintf(w, "%s\n", line)
	}
}

// ConfigCmd prints the sample configuration.
type ConfigCmd struct{}

// Run prints every setting with its default.
func (*ConfigCmd) Run(env *Env) error {
	_, err := io.WriteString(env.Stdout, config.Sample())
	return err
}
