package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// ProbeTimeout is how long all hubs together have to give a sign of life, so that a machine
	// without internet loses no more than that.
	ProbeTimeout = 3 * time.Second
	// stallTimeout is how long a download may bring nothing before the next source is tried.
	stallTimeout = 30 * time.Second
)

var errStalled = errors.New("no data for " + stallTimeout.String())

func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: ProbeTimeout}).DialContext,
		TLSHandshakeTimeout:   ProbeTimeout,
		ResponseHeaderTimeout: stallTimeout,
		ForceAttemptHTTP2:     true,
	}}
}

// probe asks every hub at once for a sign of life.
func (p *puller) probe(ctx context.Context, wanted []Model) {
	if p.offline {
		return
	}
	roots := make(map[string]string)
	for _, m := range wanted {
		for _, address := range m.urls {
			if u, err := url.Parse(address); err == nil {
				roots[u.Host] = u.Scheme + "://" + u.Host + "/"
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, ProbeTimeout)
	defer cancel()
	var (
		mu sync.Mutex
		wg sync.WaitGroup
	)
	for host, root := range roots {
		wg.Go(func() {
			if !answers(ctx, p.client, root) {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			p.hosts[host] = true
		})
	}
	wg.Wait()
}

// answers tells whether a site speaks HTTP at all; any status will do.
func answers(ctx context.Context, client *http.Client, root string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, root, nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return true
}

func (p *puller) reachable(urls []string) []string {
	var list []string
	for _, address := range urls {
		if u, err := url.Parse(address); err == nil && p.hosts[u.Host] {
			list = append(list, address)
		}
	}
	return list
}

// download brings one file, going on where an earlier download broke off. All sources hold the
// same bytes, so it does not matter which of them the first part came from; when the whole proves
// wrong, the first part may be to blame and the source gets one more try from the start.
func (p *puller) download(ctx context.Context, m Model, address, target string) error {
	part := target + ".part"
	resumed, err := p.downloadOnce(ctx, m, address, part)
	if err == nil {
		return install(part, target)
	}
	if !errors.Is(err, errChecksum) {
		return fmt.Errorf("%s: %w", address, err)
	}
	_ = os.Remove(part)
	if resumed {
		if _, err = p.downloadOnce(ctx, m, address, part); err == nil {
			return install(part, target)
		}
		if errors.Is(err, errChecksum) {
			_ = os.Remove(part)
		}
	}
	return fmt.Errorf("%s: %w", address, err)
}

// downloadOnce brings the rest of part and checks the whole. It tells whether part held something.
func (p *puller) downloadOnce(ctx context.Context, m Model, address, part string) (resumed bool, err error) {
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := newChecksum(m)
	have, err := io.Copy(sum, f)
	if err != nil {
		return false, err
	}
	resumed = have > 0
	if resumed && have == m.Size {
		return resumed, sum.check()
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	resp, err := p.get(ctx, address, have)
	if err != nil {
		return resumed, err
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusPartialContent && have > 0 &&
		strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
	case resp.StatusCode == http.StatusOK:
		// The source sends the whole file.
		resumed, have, sum = false, 0, newChecksum(m)
		if err := f.Truncate(0); err != nil {
			return resumed, err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return resumed, err
		}
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		// part is as long as the source's file, or longer.
		return resumed, sum.check()
	default:
		return resumed, fmt.Errorf("status %s", resp.Status)
	}

	total := m.Size
	if total == 0 && resp.ContentLength > 0 {
		total = have + resp.ContentLength
	}
	bar := p.progress.start(m.Name, have, total)
	defer bar.stop()
	body := &stallGuard{r: resp.Body, timer: time.AfterFunc(stallTimeout, func() { cancel(errStalled) })}
	defer body.timer.Stop()
	if m.Size > 0 {
		// One byte more than the right file has makes the checksum wrong; the rest is not needed.
		body.r = io.LimitReader(resp.Body, m.Size-have+1)
	}
	if _, err := io.Copy(io.MultiWriter(f, sum, bar), body); err != nil {
		if errors.Is(context.Cause(ctx), errStalled) {
			err = errStalled
		}
		return resumed, err
	}
	return resumed, errors.Join(sum.check(), f.Sync())
}

func (p *puller) get(ctx context.Context, address string, from int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "hotline")
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	return p.client.Do(req)
}

// stallGuard puts the timer off with each piece that arrives.
type stallGuard struct {
	r     io.Reader
	timer *time.Timer
}

func (g *stallGuard) Read(b []byte) (int, error) {
	n, err := g.r.Read(b)
	if n > 0 {
		g.timer.Reset(stallTimeout)
	}
	return n, err
}
