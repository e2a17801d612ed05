package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/speech"
	"github.com/hotline-cc/hotline/tts"
	"github.com/hotline-cc/hotline/tts/kokoro"
	"github.com/hotline-cc/hotline/tts/zh"
)

// Speech is the way to the recogniser and the synthesiser: the supervised process, remote engines,
// or one of each.
type Speech struct {
	child *speech.Supervisor // nil when both are remote
	ear   *asr.Client
	mouth *tts.Client
	Cache *tts.Cache

	voice string  // name of the voice
	speed float64 // its speed
}

// childNice is how much inference yields to media on the processor.
const childNice = 5

// NewSpeech prepares the engines that a configuration names; Run starts them.
func NewSpeech(cfg *config.Config, log *slog.Logger) (*Speech, error) {
	s := &Speech{voice: cfg.Speech.TTS.Voice, speed: cfg.Speech.TTS.Speed}
	if cfg.Speech.Child {
		var err error
		if s.child, err = newChild(cfg, log); err != nil {
			return nil, err
		}
	}
	asrAt := asr.ClientConfig{URL: s.URL(), Timeout: cfg.Speech.ASR.Timeout}
	if cfg.Speech.ASR.URL != "" {
		asrAt.URL, asrAt.APIKey, asrAt.Model = cfg.Speech.ASR.URL, string(cfg.Speech.ASR.APIKey), cfg.Speech.ASR.Model
	}
	ttsAt := tts.ClientConfig{URL: s.URL(), Stall: cfg.Speech.TTS.Timeout}
	if cfg.Speech.TTS.URL != "" {
		ttsAt.URL, ttsAt.APIKey, ttsAt.Model = cfg.Speech.TTS.URL, string(cfg.Speech.TTS.APIKey), cfg.Speech.TTS.Model
	}
	var err error
	if s.ear, err = asr.NewClient(asrAt); err != nil {
		return nil, err
	}
	if s.mouth, err = tts.NewClient(ttsAt); err != nil {
		return nil, err
	}
	text, err := zh.New()
	if err != nil {
		return nil, err
	}
	s.Cache, err = tts.NewCache(s.mouth, tts.CacheConfig{
		Dir: filepath.Join(cfg.Data, "prompts"), Engine: strings.Join([]string{kokoro.Version, zh.Version, cfg.Speech.TTS.URL, cfg.Speech.TTS.Model}, " "),
		Normalise: text.Normalise, DiskBytes: int64(cfg.Speech.TTS.Cache), Logger: log,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// newChild supervises this same program as "hotline speech".
func newChild(cfg *config.Config, log *slog.Logger) (*speech.Supervisor, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program for the speech process: %w", err)
	}
	command := []string{self, "speech", "--threads=" + strconv.Itoa(cfg.Speech.Threads)}
	if cfg.Speech.Models != "" {
		command = append(command, "--models="+cfg.Speech.Models)
	}
	model := func(flag, name, url string) {
		if url != "" {
			name = "none" // a remote engine does it
		}
		command = append(command, "--"+flag+"="+name)
	}
	model("asr", cfg.Speech.ASR.Model, cfg.Speech.ASR.URL)
	model("tts", cfg.Speech.TTS.Model, cfg.Speech.TTS.URL)
	return speech.NewSupervisor(speech.SupervisorConfig{
		Command: command, MemoryLimit: int64(cfg.Speech.MemoryLimit), Nice: childNice, Logger: log,
	})
}

// Run keeps the speech process alive until ctx ends.
func (s *Speech) Run(ctx context.Context) error {
	if s.child == nil {
		<-ctx.Done()
		return nil
	}
	return s.child.Run(ctx)
}

// Ready is closed once the engines answer; remote ones count as ready.
func (s *Speech) Ready() <-chan struct{} {
	if s.child == nil {
		ready := make(chan struct{})
		close(ready)
		return ready
	}
	return s.child.Ready()
}

// Recognizer returns the recogniser.
func (s *Speech) Recognizer() asr.Recognizer { return s.ear }

func (s *Speech) closeIf(owned bool) {
	if owned {
		s.Close()
	}
}

// Close drops connections and stops syntheses under way.
func (s *Speech) Close() {
	_ = s.Cache.Close()
	s.ear.Close()
	s.mouth.Close()
}

// Phase tells what the speech process is doing; remote engines count as ready.
func (s *Speech) Phase() speech.Phase {
	if s.child == nil {
		return speech.PhaseReady
	}
	return s.child.State().Phase
}

// request is how a prompt is asked for.
func (s *Speech) request(p dialog.Prompt) tts.Request {
	speed := s.speed
	if p.Speed != 0 {
		speed *= p.Speed
	}
	return tts.Request{Text: p.Text, Voice: s.voice, Speed: speed}
}

// Restarts tells how often the speech process was started again.
func (s *Speech) Restarts() uint64 {
	if s.child == nil {
		return 0
	}
	return s.child.Restarts()
}

// URL returns where the speech process answers, "" when there is none.
func (s *Speech) URL() string {
	if s.child == nil {
		return ""
	}
	return "unix:" + s.child.Socket()
}
