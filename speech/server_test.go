package speech

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/tts"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

// ear and mouth are engines made of a function.
type ear func(ctx context.Context, r asr.Request) (asr.Result, error)

func (f ear) Recognize(ctx context.Context, r asr.Request) (asr.Result, error) { return f(ctx, r) }

type mouth func(ctx context.Context, r tts.Request, emit func([]int16) error) error

func (f mouth) Synthesize(ctx context.Context, r tts.Request, emit func([]int16) error) error {
	return f(ctx, r, emit)
}

func hears(text string) ear {
	return func(context.Context, asr.Request) (asr.Result, error) { return asr.Result{Text: text}, nil }
}

func server(t *testing.T, cfg ServerConfig) *httptest.Server {
	t.Helper()
	s, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewUnstartedServer(s)
	h.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	h.Start()
	t.Cleanup(h.Close)
	return h
}

// form returns a request body of fields and a file.
func form(t *testing.T, file []byte, fields ...string) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if file != nil {
		part, err := w.CreateFormFile("file", "caller.wav")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(file); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return body, w.FormDataContentType()
}

// answer is what came back; its status is 0 when the exchange was given up.
type answer struct {
	status int
	header http.Header
	body   string
}

func post(ctx context.Context, t *testing.T, url, contentType string, body io.Reader) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		raw = append(raw, "<broken>"...)
	}
	return answer{response.StatusCode, response.Header, string(raw)}
}

func tone(f media.Format, d time.Duration) []int16 {
	pcm := make([]int16, int(d.Seconds()*float64(f.Rate))*f.Channels)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*440*float64(i/f.Channels)/float64(f.Rate)))
	}
	return pcm
}

func tonefile(f media.Format, d time.Duration) []byte { return wav.Append(nil, tone(f, d), f) }

func TestAnyWAVReachesTheRecogniserAsItsOwnSound(t *testing.T) {
	want := tone(media.Mono(asr.SampleRate), time.Second)
	for _, f := range []media.Format{{Rate: 16000, Channels: 1}, {Rate: 8000, Channels: 1}, {Rate: 16000, Channels: 2}, {Rate: 44100, Channels: 2}, {Rate: 48000, Channels: 1}} {
		got, err := readSound(bytes.NewReader(tonefile(f, time.Second)))
		if err != nil {
			t.Errorf("%v: %v", f, err)
			continue
		}
		if len(got) != len(want) {
			t.Errorf("%v: %d samples, want %d", f, len(got), len(want))
			continue
		}
		noise, power := 0.0, 0.0
		for i := 200; i < len(want)-200; i++ { // the filter rings at both ends
			d := float64(got[i]) - float64(want[i])
			noise, power = noise+d*d, power+float64(want[i])*float64(want[i])
		}
		if db := 10 * math.Log10(power/max(noise, 1e-9)); db < 40 {
			t.Errorf("%v: the sound is only %.0f dB like the original", f, db)
		}
	}
}

func TestTranscriptionCarriesTheWholeRequestAndResult(t *testing.T) {
	result := asr.Result{Text: "我要查社保", Raw: "我要查社保。", LogProb: -0.25, NoSpeech: 0.01, Confidence: 0.9,
		Tokens: []asr.Token{{Text: "我", Prob: 0.99}}, Audio: time.Second, Elapsed: 3 * time.Millisecond}
	var got asr.Request
	h := server(t, ServerConfig{ASRModel: "whisper-base", Recognizer: ear(func(_ context.Context, r asr.Request) (asr.Result, error) {
		got = r
		return result, nil
	})})
	for format, want := range map[string]string{
		"json": `{"text":"我要查社保"}` + "\n",
		"text": "我要查社保\n",
		"verbose_json": `{"task":"transcribe","language":"zh","duration":1,"text":"我要查社保",` +
			`"segments":[{"id":0,"start":0,"end":1,"text":"我要查社保","avg_logprob":-0.25,"no_speech_prob":0.01}],"hotline":` + marshal(t, result) + "}\n",
	} {
		body, kind := form(t, tonefile(media.Mono(asr.SampleRate), time.Second), "model", "whisper-base", "language", "zh",
			"prompt", "社保、公积金", "speculative", "true", "temperature", "0", "response_format", format)
		got := post(t.Context(), t, h.URL+"/v1/audio/transcriptions", kind, body)
		if got.status != http.StatusOK {
			t.Fatalf("%s: %+v", format, got)
		}
		if diff := cmp.Diff(want, got.body); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
	want := asr.Request{PCM: tone(media.Mono(asr.SampleRate), time.Second), Language: "zh", Hotwords: []string{"社保", "公积金"}, Speculative: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// refusal is an answer in the error shape of the OpenAI API.
type refusal struct {
	Error struct {
		Message, Type string
		Code          hotline.Code
	}
}

func checkRefusal(t *testing.T, a answer, status int, code hotline.Code, text string) {
	t.Helper()
	var got refusal
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Errorf("%+v: %v", a, err)
		return
	}
	if a.status != status || got.Error.Code != code || !strings.Contains(got.Error.Message, text) || got.Error.Type == "" {
		t.Errorf("%d %s\nwant %d %s about %q", a.status, a.body, status, code, text)
	}
}

func TestBadTranscriptionRequestsAreRefused(t *testing.T) {
	h := server(t, ServerConfig{Recognizer: ear(func(_ context.Context, r asr.Request) (asr.Result, error) {
		switch r.Language {
		case "xx":
			return asr.Result{}, hotline.Errorf("recognise", hotline.CodeInvalid, "language %q", r.Language)
		case "mis":
			return asr.Result{}, hotline.Errorf("recognise", hotline.CodeModelMissing, "hotline models pull")
		case "nan":
			return asr.Result{LogProb: math.NaN()}, nil
		case "bug":
			return asr.Result{}, errors.New("out of bounds")
		case "slow":
			return asr.Result{}, context.DeadlineExceeded
		}
		return asr.Result{}, nil
	})})
	good := tonefile(media.Mono(8000), 100*time.Millisecond)
	for name, tc := range map[string]struct {
		file   []byte
		fields []string
		status int
		code   hotline.Code
		text   string
	}{
		"no file":          {nil, nil, 400, hotline.CodeInvalid, "file"},
		"not a WAV":        {[]byte("ID3 something else"), nil, 400, hotline.CodeInvalid, "WAV"},
		"empty file":       {[]byte{}, nil, 400, hotline.CodeInvalid, "WAV"},
		"cut in the head":  {good[:30], nil, 400, hotline.CodeInvalid, "WAV"},
		"odd rate":         {tonefile(media.Mono(96000), 100*time.Millisecond), nil, 400, hotline.CodeUnsupported, "96000"},
		"too long":         {tonefile(media.Mono(8000), 30*time.Second+time.Millisecond), nil, 413, hotline.CodeTooLarge, "30s"},
		"hidden bytes":     {append(bytes.Clone(good), make([]byte, maxUpload)...), nil, 413, hotline.CodeTooLarge, ""},
		"long field":       {good, []string{"prompt", strings.Repeat("社", maxField)}, 413, hotline.CodeTooLarge, "prompt"},
		"broken text":      {good, []string{"prompt", "\xff"}, 400, hotline.CodeInvalid, "UTF-8"},
		"subtitles":        {good, []string{"response_format", "srt"}, 400, hotline.CodeUnsupported, "srt"},
		"many fields":      {good, strings.Split(strings.Repeat("a,b,", maxParts)+"a,b", ","), 400, hotline.CodeInvalid, "fields"},
		"another model":    {good, []string{"model", "whisper-large"}, 404, hotline.CodeNotFound, "whisper-large"},
		"unknown language": {good, []string{"language", "xx"}, 400, hotline.CodeInvalid, "xx"},
		"missing model":    {good, []string{"language", "mis"}, 503, hotline.CodeModelMissing, "hotline models pull"},
		"engine's fault":   {good, []string{"language", "bug"}, 500, hotline.CodeInternal, ""},
		"unwritable":       {good, []string{"language", "nan", "response_format", "verbose_json"}, 500, hotline.CodeInternal, ""},
		"engine too slow":  {good, []string{"language", "slow"}, 504, hotline.CodeTimeout, ""},
	} {
		t.Run(name, func(t *testing.T) {
			body, kind := form(t, tc.file, tc.fields...)
			got := post(t.Context(), t, h.URL+"/v1/audio/transcriptions", kind, body)
			checkRefusal(t, got, tc.status, tc.code, tc.text)
		})
	}
	for name, kind := range map[string]string{"json": "application/json", "no boundary": "multipart/form-data", "nothing": ""} {
		got := post(t.Context(), t, h.URL+"/v1/audio/transcriptions", kind, strings.NewReader("{}"))
		t.Run(name, func(t *testing.T) { checkRefusal(t, got, 400, hotline.CodeInvalid, "multipart") })
	}
	got := post(t.Context(), t, h.URL+"/v1/audio/speech", "application/json", strings.NewReader(`{"input":"您好"}`))
	checkRefusal(t, got, 503, hotline.CodeModelMissing, "no synthesiser")
	got = post(t.Context(), t, h.URL+"/v1/chat/completions", "application/json", nil)
	checkRefusal(t, got, 404, hotline.CodeNotFound, "/v1/chat/completions")
}

func TestTheLongestUtteranceAndTheShortestAreTaken(t *testing.T) {
	h := server(t, ServerConfig{Recognizer: hears("好")})
	for _, d := range []time.Duration{0, 30 * time.Second} {
		body, kind := form(t, tonefile(media.Format{Rate: 48000, Channels: 2}, d))
		if got := post(t.Context(), t, h.URL+"/v1/audio/transcriptions", kind, body); got.status != http.StatusOK {
			t.Errorf("%v: %+v", d, got)
		}
	}
}

func TestAFullQueueSaysWhenToComeBack(t *testing.T) {
	working, finish := make(chan struct{}, 2), make(chan struct{})
	h := server(t, ServerConfig{MaxQueued: 2, Recognizer: ear(func(context.Context, asr.Request) (asr.Result, error) {
		working <- struct{}{}
		<-finish
		return asr.Result{Text: "好"}, nil
	})})
	done := make(chan string, 2)
	for range 2 {
		body, kind := form(t, tonefile(media.Mono(8000), time.Millisecond))
		go func() {
			done <- post(t.Context(), t, h.URL+"/v1/audio/transcriptions", kind, body).body
		}()
		<-working
	}
	body, kind := form(t, tonefile(media.Mono(8000), time.Millisecond))
	got := post(t.Context(), t, h.URL+"/v1/audio/transcriptions", kind, body)
	checkRefusal(t, got, 429, hotline.CodeOverload, "2 requests")
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
	}
	close(finish)
	for range 2 {
		if text := <-done; text != `{"text":"好"}`+"\n" {
			t.Error(text)
		}
	}
}

func TestCloseWaitsForWorkAndRefusesMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finish := make(chan struct{})
		s, err := NewServer(ServerConfig{Synthesizer: mouth(func(context.Context, tts.Request, func([]int16) error) error {
			<-finish
			return nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		ask := func() int {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/audio/speech", strings.NewReader(`{"input":"您好"}`)))
			return w.Code
		}
		first := make(chan int, 1)
		go func() { first <- ask() }()
		synctest.Wait()
		closed := make(chan struct{})
		go func() { defer close(closed); s.Close() }()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("closed while a synthesis runs")
		default:
		}
		if status := ask(); status != http.StatusServiceUnavailable {
			t.Errorf("a request while closing: %d", status)
		}
		close(finish)
		<-closed
		if status := <-first; status != http.StatusOK {
			t.Errorf("the request at work: %d", status)
		}
	})
}

func TestWorkStopsWhenTheClientGoesAway(t *testing.T) {
	working, stopped := make(chan struct{}), make(chan error, 1)
	wait := func(ctx context.Context) error {
		close(working)
		<-ctx.Done()
		stopped <- context.Cause(ctx)
		return ctx.Err()
	}
	h := server(t, ServerConfig{
		Recognizer: ear(func(ctx context.Context, _ asr.Request) (asr.Result, error) { return asr.Result{}, wait(ctx) }),
		Synthesizer: mouth(func(ctx context.Context, _ tts.Request, emit func([]int16) error) error {
			return errors.Join(emit([]int16{1}), wait(ctx))
		}),
	})
	body, kind := form(t, tonefile(media.Mono(8000), time.Second))
	for path, send := range map[string]func(context.Context){
		"transcriptions": func(ctx context.Context) {
			post(ctx, t, h.URL+"/v1/audio/transcriptions", kind, body)
		},
		"speech": func(ctx context.Context) {
			post(ctx, t, h.URL+"/v1/audio/speech", "application/json", strings.NewReader(`{"input":"您好","response_format":"pcm"}`))
		},
	} {
		working = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); send(ctx) }()
		<-working
		cancel()
		if err := <-stopped; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", path, err)
		}
		<-done
	}
}

func TestOnlyThoseWithTheKeyAreServed(t *testing.T) {
	h := server(t, ServerConfig{APIKey: "geheim", ASRModel: "whisper-base", TTSModel: "kokoro", Voices: []string{"zf_xiaobei"},
		Recognizer: hears("好"), Synthesizer: mouth(nil)})
	get := func(path, authorization string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", authorization)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		raw, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(raw)
	}
	const list = `{"data":[{"id":"whisper-base","object":"model","created":0,"owned_by":"hotline"},` +
		`{"id":"kokoro","object":"model","created":0,"owned_by":"hotline","voices":["zf_xiaobei"]}],"object":"list"}` + "\n"
	if status, text := get("/v1/models", "Bearer geheim"); status != http.StatusOK || text != list {
		t.Errorf("with the key: %d %s", status, text)
	}
	for _, authorization := range []string{"", "Bearer ", "Bearer geheim2", "Basic geheim"} {
		if status, text := get("/v1/models", authorization); status != http.StatusUnauthorized || !strings.Contains(text, "authentication_error") {
			t.Errorf("with %q: %d %s", authorization, status, text)
		}
	}
	if status, text := get("/healthz", ""); status != http.StatusOK {
		t.Errorf("health: %d %s", status, text)
	}
}

func TestAServerNeedsAnEngineAndLimits(t *testing.T) {
	for name, cfg := range map[string]ServerConfig{
		"no engine": {},
		"queue":     {Recognizer: hears(""), MaxQueued: 1025},
		"hang":      {Recognizer: hears(""), HangAfter: time.Hour},
	} {
		if _, err := NewServer(cfg); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzTranscriptionForm(f *testing.F) {
	s, err := NewServer(ServerConfig{Recognizer: hears("好")})
	if err != nil {
		f.Fatal(err)
	}
	file := tonefile(media.Mono(8000), time.Millisecond)
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n" + string(file) + "\r\n--b--\r\n"))
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b--"))
	f.Fuzz(func(t *testing.T, body []byte) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/v1/audio/transcriptions", bytes.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		s.ServeHTTP(w, r)
		var answer struct {
			Text  *string
			Error *struct{ Code hotline.Code }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || (w.Code == http.StatusOK) != (answer.Text != nil) || (answer.Text == nil) == (answer.Error == nil) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if s.recognising != 0 {
			t.Errorf("%d recognitions after the end", s.recognising)
		}
	})
}
