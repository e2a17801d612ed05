package speech

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/tts"
)

// ServerConfig describes a server. At least one of the engines is needed.
type ServerConfig struct {
	Recognizer  asr.Recognizer
	Synthesizer tts.Synthesizer
	// ASRModel and TTSModel are the names under which the engines are listed; "" means whisper-1
	// and tts-1, which are always understood, as is an empty model in a request.
	ASRModel, TTSModel string
	Voices             []string // listed for clients to choose from
	// Cores, when the engines share some, lets /healthz see a job that never ends.
	Cores *Cores
	// MaxQueued is how many recognitions, and as many syntheses, are taken in at once, those at
	// work included; within 1…1024, 0 means 16. Half of it is open to background syntheses.
	MaxQueued int
	// HangAfter is how long an engine may show no progress until /healthz calls it hung; 0 means
	// 30 s; within 100 ms…10 min.
	HangAfter time.Duration
	APIKey    string      // asked for as a bearer token, except by /healthz, when not empty
	Clock     media.Clock // nil is the system's
	Logger    *slog.Logger
}

// Names that clients of the OpenAI API send.
const (
	anyASR = "whisper-1"
	anyTTS = "tts-1"
)

// Server is the OpenAI-compatible audio API over a recogniser and a synthesiser.
type Server struct {
	cfg   ServerConfig
	log   *slog.Logger
	mux   *http.ServeMux
	pulse pulse

	mu                    sync.Mutex
	recognising, speaking int
	closed                bool
	idle                  sync.Cond // nothing is recognised or spoken
}

// NewServer returns a handler of POST /v1/audio/transcriptions, POST /v1/audio/speech,
// GET /v1/models and GET /healthz.
func NewServer(cfg ServerConfig) (*Server, error) {
	const op = "make speech server"
	if cfg.MaxQueued == 0 {
		cfg.MaxQueued = 16
	}
	if cfg.HangAfter == 0 {
		cfg.HangAfter = 30 * time.Second
	}
	if cfg.ASRModel == "" {
		cfg.ASRModel = anyASR
	}
	if cfg.TTSModel == "" {
		cfg.TTSModel = anyTTS
	}
	if cfg.Clock == nil {
		cfg.Clock = media.SystemClock{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case cfg.Recognizer == nil && cfg.Synthesizer == nil:
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "neither a recogniser nor a synthesiser")
	case cfg.MaxQueued < 1 || cfg.MaxQueued > 1024:
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "max queued %d outside 1…1024", cfg.MaxQueued)
	case cfg.HangAfter < 100*time.Millisecond || cfg.HangAfter > 10*time.Minute:
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "hang after %v outside 100ms…10m", cfg.HangAfter)
	}
	s := &Server{cfg: cfg, log: cfg.Logger, mux: http.NewServeMux(), pulse: pulse{clock: cfg.Clock}}
	s.idle.L = &s.mu
	s.mux.HandleFunc("POST /v1/audio/transcriptions", s.keyed(s.transcribe))
	s.mux.HandleFunc("POST /v1/audio/speech", s.keyed(s.speak))
	s.mux.HandleFunc("GET /v1/models", s.keyed(s.models))
	s.mux.HandleFunc("GET /healthz", s.health)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, hotline.Errorf("serve speech", hotline.CodeNotFound, "no %s %s here", r.Method, r.URL.Path))
	})
	return s, nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close refuses further work and returns when the last has ended, so that the engines can be freed.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for s.recognising+s.speaking > 0 {
		s.idle.Wait()
	}
}

// keyed lets in only those who know the key. Digests are compared, so that the time tells nothing.
func (s *Server) keyed(next http.HandlerFunc) http.HandlerFunc {
	if s.cfg.APIKey == "" {
		return next
	}
	want := sha256.Sum256([]byte(s.cfg.APIKey))
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(token))
		if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			s.fail(w, r, hotline.Errorf("serve speech", hotline.CodeUnauthorized, "the API key is missing or wrong"))
			return
		}
		next(w, r)
	}
}

// enter takes a place among those counted by n, of which there are at most limit.
func (s *Server) enter(n *int, limit int) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, hotline.Errorf("serve speech", hotline.CodeUnavailable, "the speech process is ending")
	}
	if *n >= limit {
		return nil, hotline.Errorf("serve speech", hotline.CodeOverload, "%d requests are being served, come back later", *n)
	}
	*n++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		*n--
		s.idle.Broadcast()
	}, nil
}

// checkModel refuses the name of a model that is not loaded: an operator who asks for another one
// than runs should hear of it.
func checkModel(asked, loaded, anyName string) error {
	if asked == "" || asked == loaded || asked == anyName {
		return nil
	}
	return hotline.Errorf("choose model", hotline.CodeNotFound, "model %q is not loaded; %q is", asked, loaded)
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	type model struct {
		ID      string   `json:"id"`
		Object  string   `json:"object"`
		Created int64    `json:"created"`
		OwnedBy string   `json:"owned_by"`
		Voices  []string `json:"voices,omitempty"`
	}
	data := []model{}
	if s.cfg.Recognizer != nil {
		data = append(data, model{ID: s.cfg.ASRModel, Object: "model", OwnedBy: "hotline"})
	}
	if s.cfg.Synthesizer != nil {
		data = append(data, model{ID: s.cfg.TTSModel, Object: "model", OwnedBy: "hotline", Voices: s.cfg.Voices})
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": data})
}
