package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/gateway"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/store"
)

// rig is a gateway of its own, in a process of its own, on free loopback ports, for demos and
// measurements. What is known of its calls is read from its event log.
type rig struct {
	addresses
	dir     string // data folder
	command *exec.Cmd
	log     *tail
	exited  chan struct{}
	err     error
}

// rigConfig changes a rig from its defaults.
type rigConfig struct {
	Dir    string // "" is a folder that goes away with the rig
	Models string
	ASR    string // recognition model; "" is the default
	Cache  string // folder of prompts rendered earlier; "" keeps none
	// Serve is the subcommand that runs the gateway; nil is "serve".
	Serve []string
	// Prompts are the sentences to speak ahead; nil is all of the dialog.
	Prompts []string
	// SIP and Media are YAML that is added to the sections of these names, as “users: […]” on a line of its own and
	// “silence: 2s”; Extra are more sections.
	SIP, Media, Extra string
}

// rigStart bounds how long loading the models may take.
const rigStart = 2 * time.Minute

// promptCache is where demonstrations, measurements and tests share the prompts they render.
func promptCache() (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "hotline", "prompts"), err
}

// startRig returns a gateway that takes calls and understands them.
func startRig(ctx context.Context, cfg rigConfig) (*rig, error) {
	r := &rig{dir: cfg.Dir, log: &tail{}, exited: make(chan struct{})}
	if r.dir == "" {
		dir, err := os.MkdirTemp("", "hotline-rig-")
		if err != nil {
			return nil, err
		}
		r.dir = dir
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program: %w", err)
	}
	ahead := filepath.Join(r.dir, "prompts.txt")
	if cfg.Prompts == nil {
		ahead = ""
	} else if err := os.WriteFile(ahead, []byte(strings.Join(cfg.Prompts, "\n")), 0o600); err != nil {
		return nil, err
	}
	file := filepath.Join(r.dir, "hotline.yaml")
	if err := os.WriteFile(file, []byte(rigYAML(r.dir, ahead, cfg)), 0o600); err != nil {
		return nil, err
	}
	if cfg.Cache != "" {
		if err := os.MkdirAll(cfg.Cache, 0o700); err != nil {
			return nil, err
		}
		if err := os.Symlink(cfg.Cache, filepath.Join(r.dir, "prompts")); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	if cfg.Serve == nil {
		cfg.Serve = []string{"serve"}
	}
	r.command = exec.Command(self, append(slices.Clone(cfg.Serve), "--announce", "--config", file)...)
	r.command.Stderr = r.log
	r.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := r.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.command.Start(); err != nil {
		return nil, fmt.Errorf("start the gateway: %w", err)
	}
	announced := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(out).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &r.addresses)
		}
		announced <- err
		_, _ = io.Copy(io.Discard, out)
		r.err = r.command.Wait()
		close(r.exited)
	}()
	select {
	case err = <-announced:
	case <-time.After(rigStart):
		err = fmt.Errorf("not ready within %v", rigStart)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		_ = r.close()
		return nil, fmt.Errorf("start the gateway: %w\n%s", err, r.log.String())
	}
	return r, nil
}

func rigYAML(dir, ahead string, cfg rigConfig) string {
	if cfg.ASR == "" {
		cfg.ASR = config.Default().Speech.ASR.Model
	}
	return fmt.Sprintf(`data: %q
drain_timeout: 5s
sip:
  listen:
    - {network: udp, address: "127.0.0.1:0"}
    - {network: tcp, address: "127.0.0.1:0"}
  limits: {calls: 2000, setups: 2000, rate: 5000, per_source: {rate: 100000, burst: 100000, sources: 4096}}
  %s
media: {address: "127.0.0.1", ports: {low: 20000, high: 29999}, %s}
speech: {models: %q, asr: {model: %q}, tts: {prerender: %q}}
http: {listen: "127.0.0.1:0"}
webrtc: {listen: ["127.0.0.1:0"]}
%s`, dir, cfg.SIP, cfg.Media, cfg.Models, cfg.ASR, ahead, cfg.Extra)
}

// uri returns the SIP address of the gateway.
func (r *rig) uri(user string) string { return "sip:" + user + "@" + r.UDP }

// close ends the gateway in order.
func (r *rig) close() error {
	if r.command.Process == nil {
		return nil
	}
	_ = r.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.exited:
	case <-time.After(20 * time.Second):
		_ = r.command.Process.Kill()
		<-r.exited
	}
	if strings.Contains(r.dir, "hotline-rig-") {
		_ = os.RemoveAll(r.dir)
	}
	return r.err
}

// readiness asks the gateway how it is.
func (r *rig) readiness(ctx context.Context) (gateway.Readiness, error) {
	var ready gateway.Readiness
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.HTTP+"/readyz", nil)
	if err != nil {
		return ready, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ready, err
	}
	defer func() { _ = response.Body.Close() }()
	return ready, json.NewDecoder(response.Body).Decode(&ready)
}

// awaitPrompts waits until every fixed sentence has been rendered and tells progress.
func (r *rig) awaitPrompts(ctx context.Context, progress func(string)) error {
	last := ""
	for {
		ready, err := r.readiness(ctx)
		if err != nil {
			return err
		}
		if ready.Prompts != last && progress != nil {
			progress(ready.Prompts)
		}
		last = ready.Prompts
		if done, total, ok := strings.Cut(ready.Prompts, "/"); ok && done == total && total != "0" {
			return nil
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-r.exited:
			return fmt.Errorf("the gateway has ended: %w\n%s", r.err, r.log.String())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// events reads the log of the conversation whose SIP Call-ID is given.
func (r *rig) events(callID string) ([]hotline.Event, error) {
	log, err := store.Open(store.Config{Dir: r.dir})
	if err != nil {
		return nil, err
	}
	for _, day := range []time.Time{time.Now(), time.Now().Add(-time.Hour)} {
		list, err := log.List(day)
		if err != nil {
			return nil, err
		}
		for i := len(list) - 1; i >= 0; i-- {
			events, err := log.Read(list[i])
			if err != nil || len(events) == 0 {
				continue
			}
			if started, ok := events[0].Body.(hotline.Started); ok && started.CallID == callID {
				return events, nil
			}
		}
	}
	return nil, hotline.Errorf("read the event log", hotline.CodeNotFound, "no conversation of call %s", callID)
}

// cpu returns the processor time the gateway has used, without its speech process.
func (r *rig) cpu() (time.Duration, error) { return measure.CPU(r.command.Process.Pid) }

// rss returns the resident memory of the gateway in bytes.
func (r *rig) rss() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("/proc status has no VmRSS")
}

// withCodec returns the set with one codec, or all.
func withCodec(name string) (codecs.Set, error) {
	if name == "" {
		return codecs.Default(), nil
	}
	names := map[string]string{"pcma": codecs.NamePCMA, "pcmu": codecs.NamePCMU, "g722": codecs.NameG722, "opus": codecs.NameOpus}
	known, found := names[strings.ToLower(name)]
	if !found {
		return nil, hotline.Errorf("choose a codec", hotline.CodeInvalid, "%q is not one of pcma, pcmu, g722, opus", name)
	}
	return codecs.Default().Only(known)
}

// tail keeps the last lines of a program's output.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 64 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > tailBytes {
		t.text = t.text[len(t.text)-tailBytes:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
