package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/metrics"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/speech"
	"github.com/hotline-cc/hotline/web"
)

// serveHTTP answers /api, /metrics, /healthz, /readyz, the console, the chat widget with its demo page and the page of a survey until ctx ends.
func (g *Gateway) serveHTTP(ctx context.Context) error {
	c := g.cfg.HTTP
	if !c.Listen.IsValid() {
		return nil
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", c.Listen.String())
	if err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}
	routes := http.NewServeMux()
	routes.Handle("/", g.text.api.Handler())
	if g.people.browsers != nil {
		routes.Handle(whipPath, g.browserHandler())
		routes.Handle(whipPath+"/", g.browserHandler())
	}
	pages := web.Handler()
	for _, at := range []string{"/widget.js", "/widget.css", "/demo", "/demo/", "/survey", "/survey/"} {
		routes.Handle("GET "+at, pages)
	}
	routes.HandleFunc("GET /metrics", g.scrape)
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	routes.HandleFunc("GET /readyz", g.ready)
	console := web.Console()
	routes.Handle("GET /console", console)
	routes.Handle("GET /console/", console)
	server := api.NewServer(ctx, routes)
	server.ErrorLog = slog.NewLogLogger(g.log.Handler(), slog.LevelDebug)
	g.setHTTPAddr(listener.Addr().String())
	g.log.Info("http ready", "url", g.HTTPURL()+"/api/docs")
	defer g.text.api.Wait()
	return api.Serve(ctx, server, func() error {
		if c.Cert != "" {
			return server.ServeTLS(listener, c.Cert, c.Key)
		}
		return server.Serve(listener)
	})
}

// scrape shows the metrics to those who may see them.
func (g *Gateway) scrape(w http.ResponseWriter, r *http.Request) {
	client := api.ClientOf(r, g.cfg.HTTP.TrustedProxies)
	if !client.IsLoopback() && !slices.ContainsFunc(g.cfg.HTTP.MetricsFrom, func(p netip.Prefix) bool { return p.Contains(client) }) {
		http.Error(w, "http.metrics_from does not hold your address", http.StatusForbidden)
		return
	}
	g.metrics.Handler().ServeHTTP(w, r)
}

// Readiness is the body of /readyz.
type Readiness struct {
	Ready    bool   `json:"ready"` // new calls are taken and understood
	Draining bool   `json:"draining"`
	Phone    bool   `json:"phone"`
	Storage  bool   `json:"storage"`
	Speech   string `json:"speech"`
	Prompts  string `json:"prompts"` // rendered ahead, of all
	Calls    int    `json:"calls"`
}

// Readiness tells whether new calls are served as they should be.
func (g *Gateway) Readiness() Readiness {
	g.mu.Lock()
	r := Readiness{Draining: g.draining, Prompts: fmt.Sprintf("%d/%d", g.prompts.done, g.prompts.total)}
	g.mu.Unlock()
	r.Speech = string(g.speech.Phase())
	r.Calls = g.phone.Stats().Calls
	select {
	case <-g.phone.Ready():
		r.Phone = true
	default:
	}
	r.Storage = g.stored()
	r.Ready = r.Phone && r.Storage && !r.Draining && r.Speech == string(speech.PhaseReady)
	return r
}

// stored tells whether the database answers.
func (g *Gateway) stored() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return g.store.Ping(ctx) == nil
}

func (g *Gateway) ready(w http.ResponseWriter, _ *http.Request) {
	r := g.Readiness()
	w.Header().Set("Content-Type", "application/json")
	if !r.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(r)
}

// observe connects what is read when metrics are scraped.
func (g *Gateway) observe() error {
	lateness := func() metrics.Lateness {
		s := g.pacer.Stats()
		return metrics.Lateness{Members: s.Members, Skipped: s.Skipped, Bounds: s.Bounds, Counts: s.Counts, Sum: s.Sum}
	}
	dropped := func(reason string, count func(sip.Stats) uint64) error {
		return g.metrics.SIPDropped(reason, func() uint64 { return count(g.phone.Stats()) })
	}
	ready := func() bool { return g.speech.Phase() == speech.PhaseReady }
	return errors.Join(
		g.metrics.Pacer(lateness),
		g.metrics.SpeechChild(ready, g.speech.Restarts),
		g.metrics.SynthesisCache(
			func() uint64 { return g.speech.Cache.Stats().Hits },
			func() uint64 { return g.speech.Cache.Stats().Misses }),
		dropped("rate", func(s sip.Stats) uint64 { return s.Packets.Limited }),
		dropped("size", func(s sip.Stats) uint64 { return s.Packets.Oversized }),
		dropped("scanner", func(s sip.Stats) uint64 { return s.Packets.Scanners }),
		dropped("banned", func(s sip.Stats) uint64 { return s.Packets.Banned }),
		dropped("screened", func(s sip.Stats) uint64 { return s.Dropped }),
	)
}

func (g *Gateway) setHTTPAddr(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.httpAddr = address
}

// HTTPAddr returns the address of the HTTP listener, "" while there is none.
func (g *Gateway) HTTPAddr() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.httpAddr
}

// HTTPURL returns where browsers reach the gateway, "" while there is no listener.
func (g *Gateway) HTTPURL() string {
	address := g.HTTPAddr()
	if address == "" {
		return ""
	}
	if g.cfg.HTTP.Cert != "" {
		return "https://" + address
	}
	return "http://" + address
}
