package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/media/resample"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/models"
	"github.com/hotline-cc/hotline/speech"
	"github.com/hotline-cc/hotline/tts"
)

// needModels skips a developer's test without models; where everything is set up they must be there.
func needModels(t *testing.T, names ...string) {
	t.Helper()
	store, err := models.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := store.Path(name); err != nil {
			if os.Getenv("CI") == "" {
				t.Skip(err)
			}
			t.Fatal(err)
		}
	}
}

func TestWhatTheEnginesSayTheyUnderstand(t *testing.T) {
	t.Parallel()
	needModels(t, "whisper-base", "kokoro", "zf_xiaobei")
	dir := t.TempDir()
	socket := filepath.Join(dir, "private", "speech.sock")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	status := make(chan int, 1)
	var log bytes.Buffer // the server's until status has come
	go func() { status <- run(ctx, []string{"speech", "--socket", socket}, &log, &log) }()
	for _, err := os.Stat(socket); err != nil; _, err = os.Stat(socket) {
		select {
		case s := <-status:
			t.Fatalf("ended with status %d:\n%s", s, &log)
		case <-time.After(10 * time.Millisecond): // polls another command
		}
	}

	const sentence = "您好，请问社保卡丢了怎么办？"
	file := filepath.Join(dir, "said.wav")
	if s, out, errOut := command(t, "say", sentence, "-o", file, "--engine", "unix:"+socket); s != 0 || !strings.HasPrefix(out, file+": ") {
		t.Fatalf("say ended with status %d\n%s%s", s, out, errOut)
	}
	heard := recognise(t, socket, file)
	wrong, of := asr.ErrorRate(sentence, heard.Text)
	t.Logf("said %q, heard %q (%v, waited %v)", sentence, heard.Text, heard.Elapsed, heard.Queued)
	if wrong*4 > of {
		t.Errorf("%d of %d characters are wrong: %q", wrong, of, heard.Text)
	}
	if len(heard.Tokens) == 0 || heard.Confidence <= 0 || heard.Audio <= time.Second {
		t.Errorf("the result lacks what only our engine tells: %+v", heard)
	}

	cancel()
	if s := <-status; s != 0 || !strings.Contains(log.String(), "speech engines ready") {
		t.Errorf("ended with status %d:\n%s", s, &log)
	}
	if _, err := os.Stat(socket); err == nil {
		t.Error("the socket was left")
	}
}

func recognise(t *testing.T, socket, file string) asr.Result {
	t.Helper()
	pcm, format, err := wav.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := resample.New(format.Rate, asr.SampleRate)
	if err != nil {
		t.Fatal(err)
	}
	client, err := asr.NewClient(asr.ClientConfig{URL: "unix:" + socket, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	heard, err := client.Recognize(t.Context(), asr.Request{PCM: r.Process(nil, pcm)})
	if err != nil {
		t.Fatal(err)
	}
	return heard
}

func TestOtherMachinesAreServedOverTLS(t *testing.T) {
	certificate, key := selfSigned(t)
	c := SpeechCmd{Listen: "127.0.0.1:0", TLSCert: certificate, TLSKey: key, Socket: filepath.Join(t.TempDir(), "s")}
	listeners, err := c.listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server, err := speech.NewServer(speech.ServerConfig{APIKey: "key", Synthesizer: silent{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- speech.Serve(ctx, server, slog.New(slog.DiscardHandler), listeners...) }()
	root, err := os.ReadFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+listeners[1].Addr().String()+"/v1/models", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer key")
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK || response.TLS == nil {
		t.Errorf("%s, TLS %v", response.Status, response.TLS != nil)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	c.TLSKey = certificate
	if _, err := c.listen(t.Context()); hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Errorf("a certificate for a key: %v", err)
	}
	if _, err := os.Stat(c.Socket); err == nil {
		t.Error("the socket was left when the rest failed")
	}
}

// silent is a synthesiser with nothing to say.
type silent struct{}

func (silent) Synthesize(context.Context, tts.Request, func([]int16) error) error { return nil }

// selfSigned returns files with a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}

func TestSpeechCommandsThatCannotWork(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOTLINE_MODELS", dir)
	t.Setenv("HOTLINE_SPEECH_KEY", "")
	checkCommands(t, []commandLine{
		{"speech", 2, "", "--socket"},
		{"speech --listen 0.0.0.0:0", 2, "", "--api-key"},
		{"speech --listen nowhere", 2, "", "--listen"},
		{"speech --socket s --tls-cert main.go", 2, "", "--tls-key"},
		{"speech --socket s --threads=-1", 2, "", "cores"},
		{"speech --socket s --asr none --tts none", 2, "", "neither"},
		{"speech --socket s", 1, "", "hotline models pull"},
		{"speech --socket s --tts none", 1, "", "hotline models pull whisper-base"},
		{"speech --socket s --tts none --asr unheard-of", 1, "", "hotline models list"},
		{"say 您好 -o " + filepath.Join(dir, "out.wav"), 1, "", "hotline models pull kokoro"},
		{"say 您好 --engine nowhere -o " + filepath.Join(dir, "out.wav"), 2, "", "nowhere"},
		{"say 您好 --engine unix:" + filepath.Join(dir, "s") + " -o " + filepath.Join(dir, "out.wav"), 1, "", "speech engine"},
		{"say 您好 --engine unix:s -o " + filepath.Join(dir, "none", "out.wav"), 2, "", "out.wav"},
		{"say", 2, "", "text"},
	})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}
