package api

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

const png = "\x89PNG\x0D\x0A\x1A\x0A"

// form is a form with one file.
func form(t *testing.T, field, name, content string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, name)
	if err == nil {
		_, err = part.Write([]byte(content))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

func TestFilesAreKeptAndGivenBackToTheirConversation(t *testing.T) {
	r := start(t)
	s, other := r.begin(""), r.begin("")
	body, kind := form(t, "file", `C:\照片\../../"路灯".png`, png+"rest")
	var file attached
	created := r.want(201, "POST", s.path+"/attachments", s.Token, body, kind)
	created.into(t, &file)
	if file.Type != "image/png" || file.Size != 12 || file.Name != `"路灯".png` {
		t.Errorf("%+v", file)
	}
	a := r.want(200, "GET", created.header.Get("Location"), s.Token, nil)
	if string(a.body) != png+"rest" || a.header.Get("Content-Type") != "image/png" ||
		!strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%q %v", a.body, a.header)
	}
	r.want(403, "GET", s.path+"/attachments/"+file.ID, other.Token, nil)
	r.want(404, "GET", other.path+"/attachments/"+file.ID, other.Token, nil)
	r.want(201, "POST", other.path+"/attachments", other.Token, body, kind)
	if files, _ := filepath.Glob(r.api.cfg.Files + "/*/*"); len(files) != 1 {
		t.Errorf("the same content is kept as %v", files)
	}
	var page struct{ Events []hotline.Event }
	r.want(200, "GET", s.path+"/events?after=2", s.Token, nil).into(t, &page)
	if kinds(page.Events) != "attached" || page.Events[0].Body.(hotline.Attached).ID != file.ID {
		t.Error(page.Events)
	}
	r.want(204, "POST", s.path+"/close", s.Token, nil)
	r.want(409, "POST", s.path+"/attachments", s.Token, body, kind)
	r.want(200, "GET", s.path+"/attachments/"+file.ID, s.Token, nil)
}

func TestOnlyFilesOfSomeTypesAndSizesAreTaken(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.Visitor = Rate{1000, 1000} })
	s := r.begin("")
	for _, c := range []struct {
		name, field, content string
		status               int
	}{
		{"JPEG", "file", "\xff\xd8\xff\xe0", 201},
		{"PDF", "file", "%PDF-1.7", 201},
		{"WebP", "file", "RIFF\x00\x00\x00\x00WEBPVP8 ", 201},
		{"WAV", "file", "RIFF\x00\x00\x00\x00WAVEfmt ", 201},
		{"MP3 with a tag", "file", "ID3\x03", 201},
		{"MP3 without a tag", "file", "\xff\xfb\x90\x44\x00", 201},
		{"text", "file", "路灯坏了", 201},
		{"exactly 10 MiB", "file", png + strings.Repeat("a", maxUpload-8), 201},
		{"a byte more", "file", png + strings.Repeat("a", maxUpload-7), 413},
		{"much more", "file", png + strings.Repeat("a", maxUpload+maxBody), 413},
		{"a page named as an image", "file", "<html><script>", 415},
		{"SVG", "file", "<?xml version=\"1.0\"?><svg/>", 415},
		{"SVG without a head", "file", "\n <svg onload=alert(1)>", 415},
		{"a page behind blanks", "file", " \n<!DOCTYPE html>", 415},
		{"a program", "file", "\x7fELF\x02\x01\x01\x00\x00", 415},
		{"a ZIP file", "file", "PK\x03\x04", 415},
		{"AAC, which is not MP3", "file", "\xff\xf1\x50\x80\x00\x00", 415},
		{"an empty file", "file", "", 415},
		{"another field", "data", png, 422},
	} {
		body, kind := form(t, c.field, "a.png", c.content)
		if a := r.do("POST", s.path+"/attachments", s.Token, body, kind); a.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, a.status, a.body, c.status)
		}
	}
	for name, c := range map[string]struct {
		body, kind string
		status     int
	}{
		"a form cut off":   {"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n" + png, "multipart/form-data; boundary=x", 400},
		"no boundary":      {"abc", "multipart/form-data", 400},
		"no form":          {"{}", "application/json", 415},
		"nothing but ends": {"--x--\r\n", "multipart/form-data; boundary=x", 422},
	} {
		if a := r.do("POST", s.path+"/attachments", s.Token, c.body, "Content-Type: "+c.kind); a.status != c.status {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.body, c.status)
		}
	}
	if left, _ := filepath.Glob(r.api.cfg.Files + "/upload-*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAConversationHasSoManyFiles(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.Visitor = Rate{1000, 1000} })
	s := r.begin("")
	for i := range maxFiles + 1 {
		body, kind := form(t, "file", "a.txt", fmt.Sprint("第", i))
		want := 201
		if i == maxFiles {
			want = 413
		}
		r.want(want, "POST", s.path+"/attachments", s.Token, body, kind)
	}
	if err := os.RemoveAll(r.api.cfg.Files); err != nil {
		t.Fatal(err)
	}
}

func TestAFileIsNamedAsItsContentWants(t *testing.T) {
	for _, c := range []struct{ given, kind, want string }{
		{"lamp.JPG", "image/jpeg", "lamp.JPG"},
		{"lamp.html", "image/png", "lamp.html.png"}, // a picture whose rest is a page
		{"run.bat", "text/plain", "run.bat.txt"},
		{"photo\u202egnp.exe", "image/png", "photognp.exe.png"},
		{"../../etc/passwd", "text/plain", "passwd.txt"},
		{`..\..\boot.ini`, "text/plain", "boot.ini.txt"},
		{"..", "application/pdf", "file.pdf"},
		{"", "audio/wav", "file.wav"},
		{"a.png\x00.html", "image/png", "a.png.html.png"},
		{"a.png\n", "image/png", "a.png"},
		{".htaccess", "text/plain", "htaccess.txt"},
		{"a.png. ", "image/png", "a.png"},
	} {
		if got := fileName(c.given, c.kind); got != c.want {
			t.Errorf("%q of %s: %q, want %q", c.given, c.kind, got, c.want)
		}
	}
}

func TestWhatIsBothAPictureAndAPageIsGivenBackAsAPicture(t *testing.T) {
	r := start(t)
	s := r.begin("")
	body, kind := form(t, "file", "lamp.html", png+"<html><script>alert(1)</script>")
	a := r.want(201, "POST", s.path+"/attachments", s.Token, body, kind)
	got := r.want(200, "GET", a.header.Get("Location"), s.Token, nil).header
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment; filename=lamp.html.png",
		"Content-Security-Policy": "sandbox; default-src 'none'",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
	for _, file := range []string{"..%2f..%2ftoken.key", "../../token.key", "%00", "%2e%2e", "AAAAAAAAAAAAAAAA"} {
		if a := r.do("GET", s.path+"/attachments/"+file, s.Token, nil); a.status != 404 && a.status != 401 {
			t.Errorf("%s: %d %s", file, a.status, a.body)
		}
	}
}

func TestFilesLeaveRoomOnTheDisk(t *testing.T) {
	r := start(t)
	s := r.begin("")
	r.api.free = func(string) (uint64, error) { return keepFree - 1, nil }
	body, kind := form(t, "file", "a.png", png)
	if a := r.want(503, "POST", s.path+"/attachments", s.Token, body, kind); a.header.Get("Retry-After") == "" {
		t.Error(a.header)
	}
	r.say(s, "路灯坏了") // conversations go on
}

func TestWhatACrashLeftOfUploadsIsRemoved(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"upload-old", "upload-new", "ab"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"upload-old", "ab"} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	start(t, func(c *Config) { c.Files = dir })
	left, err := filepath.Glob(dir + "/*")
	if diff := cmp.Diff([]string{dir + "/ab", dir + "/upload-new"}, left); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte(png))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, head []byte) {
		switch kind := sniff(head); kind {
		case "", "image/jpeg", "image/png", "image/webp", "application/pdf", "audio/mpeg", "audio/wav", "text/plain":
		default:
			t.Errorf("%q is %s", head, kind)
		}
	})
}

func TestTheHeaderOfAFileIsBounded(t *testing.T) {
	r := start(t)
	s := r.begin("")
	for field, status := range map[string]int{strings.Repeat("a", maxPartHeader/2): 201, strings.Repeat("a", 2*maxPartHeader): 400} {
		body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nX-Long: " + field + "\r\n\r\n" + png + "rest\r\n--x--\r\n"
		r.want(status, "POST", s.path+"/attachments", s.Token, body, "Content-Type: multipart/form-data; boundary=x")
	}
}

// The uploads of one address leave places to others.
func TestAnAddressHasSoManyUploadsAtOnce(t *testing.T) {
	r := start(t)
	body, kind := form(t, "file", "a.png", png+"rest")
	var slow []*io.PipeWriter
	for range uploadsFrom / uploadsAtOnce {
		s := r.begin("")
		for range uploadsAtOnce {
			reader, writer := io.Pipe()
			slow = append(slow, writer)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+s.path+"/attachments", reader)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+s.Token)
			name, value, _ := strings.Cut(kind, ": ")
			request.Header.Set(name, value)
			go func() {
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					return
				}
				defer response.Body.Close()
			}()
			if _, err := io.WriteString(writer, body[:20]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for deadline := time.Now().Add(10 * time.Second); r.api.uploaders.taken() < uploadsFrom; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d uploads", r.api.uploaders.taken())
		}
	}
	s := r.begin("")
	r.want(429, "POST", s.path+"/attachments", s.Token, body, kind)
	for _, w := range slow {
		_ = w.CloseWithError(io.ErrUnexpectedEOF)
	}
	for deadline := time.Now().Add(10 * time.Second); r.api.uploaders.taken() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what has ended is still counted")
		}
	}
	r.want(201, "POST", s.path+"/attachments", s.Token, body, kind)
}

func (g *gauge) taken() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.total
}
