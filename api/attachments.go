package api

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/store/db"
)

// Bounds of attachments.
const (
	maxUpload       = 10 << 20 // bytes of a file
	maxFiles        = 20       // of a conversation
	maxTogether     = 50 << 20 // bytes of a conversation's files
	uploadWithin    = 5 * time.Minute
	uploadsAtOnce   = 2 // of one conversation
	uploadsFrom     = 8 // one address; systems are not counted
	uploadsTogether = 64
	// keepFree is how much of the disk is left to the conversations themselves.
	keepFree = 512 << 20
)

// attached answers an upload.
type attached struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type" doc:"As the content shows, whatever the name says."`
	Size int64  `json:"size"`
}

func (a *API) attachments() {
	const all = "/conversations/{id}/attachments"
	id := &huma.Param{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9a-v]{26}$"}}
	schemas := a.huma.OpenAPI().Components.Schemas

	put := a.bare("attach-file", http.MethodPost, all, "上传附件 Attach a file", needWrite, http.StatusNotFound, http.StatusConflict)
	put.Description = "JPEG, PNG, WebP, PDF, MP3, WAV or plain text, as the content shows; at most 10 MiB, 20 files and 50 MiB a conversation."
	put.Parameters = []*huma.Param{id}
	put.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"file"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary"}},
	}, Encoding: map[string]*huma.Encoding{"file": {ContentType: "image/jpeg, image/png, image/webp, application/pdf, audio/mpeg, audio/wav, text/plain"}}}}}
	put.Responses = map[string]*huma.Response{"201": {
		Description: "Kept", Content: map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[attached](), true, "Attached")}},
	}}
	a.raw(put, needWrite, a.attach)

	get := a.bare("get-attachment", http.MethodGet, all+"/{file}", "下载附件 Get a file", needRead, http.StatusNotFound)
	get.Parameters = []*huma.Param{id, {Name: "file", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[a-z2-7]{16}$"}}, reasonParam()}
	get.Responses = map[string]*huma.Response{"200": {
		Description: "The file", Content: map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	a.raw(get, needRead, a.attachment)
}

func (a *API) attach(w http.ResponseWriter, r *http.Request, who identity) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(uploadWithin)) // else the server's own counts
	_ = control.SetWriteDeadline(time.Now().Add(uploadWithin + answerWithin))
	kept, err := a.takeFile(r, who)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	w.Header().Set("Location", fmt.Sprintf("%s/conversations/%s/attachments/%s", Base, kept.Conversation, kept.ID))
	a.reply(w, http.StatusCreated, attached{kept.ID, kept.Name, kept.Type, kept.Size})
}

const opAttach = "attach file"

// takeFile reads, checks and keeps a file, and tells the conversation of it.
func (a *API) takeFile(r *http.Request, who identity) (db.Attachment, error) {
	ctx, id := r.Context(), hotline.ConversationID(chi.URLParam(r, "id"))
	record, err := a.cfg.Chat.Get(ctx, id)
	if err != nil {
		return db.Attachment{}, err
	}
	if !record.Open() {
		return db.Attachment{}, hotline.Errorf(opAttach, hotline.CodeConflict, "会话已结束 the conversation is closed")
	}
	leave, err := a.uploads.begin(string(id))
	if err != nil {
		return db.Attachment{}, err
	}
	defer leave()
	if who.key == nil {
		leave, err := a.uploaders.begin(bucketOf(who.address))
		if err != nil {
			return db.Attachment{}, err
		}
		defer leave()
	}
	form, part, err := filePart(r)
	if err != nil {
		return db.Attachment{}, err
	}
	defer func() { _ = part.Close() }()
	kept := db.Attachment{Conversation: id, ID: newFileID()}
	temporary, err := a.receive(part, &kept)
	kept.Name = fileName(part.FileName(), kept.Type)
	if temporary != "" {
		defer func() { _ = os.Remove(temporary) }() // moved away when it is kept
	}
	if err == nil {
		err = form.end()
	}
	if err != nil {
		return db.Attachment{}, err
	}
	err = a.cfg.Store.PutAttachment(ctx, kept, db.Quota{Files: maxFiles, Bytes: maxTogether}, func() error { return a.place(temporary, kept.SHA256) })
	if err != nil {
		return db.Attachment{}, err
	}
	return kept, a.cfg.Chat.Note(ctx, id, hotline.Attached{ID: kept.ID, Name: kept.Name, Type: kept.Type, Size: kept.Size})
}

// receive writes a file beside where it will be, and finds out its type, size and hash.
func (a *API) receive(part io.Reader, kept *db.Attachment) (path string, err error) {
	if err := os.MkdirAll(a.cfg.Files, 0o700); err != nil {
		return "", hotline.Errorf(opAttach, hotline.CodeUnavailable, "%w", err)
	}
	switch free, err := a.free(a.cfg.Files); {
	case err != nil:
		return "", hotline.Errorf(opAttach, hotline.CodeUnavailable, "%w", err)
	case free < keepFree:
		return "", hotline.Errorf(opAttach, hotline.CodeUnavailable, "数据目录的磁盘只剩 %d MiB，不再接收附件 the disk of the data folder is nearly full", free>>20)
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(part, head)
	if head = head[:n]; err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", readFault(err)
	}
	if kept.Type = sniff(head); kept.Type == "" {
		return "", hotline.Errorf(opAttach, hotline.CodeUnsupported, "只接受图片（JPEG、PNG、WebP）、PDF、录音（MP3、WAV）和纯文本 the content is of another type, or empty")
	}
	temporary, err := os.CreateTemp(a.cfg.Files, "upload-*")
	if err != nil {
		return "", hotline.Errorf(opAttach, hotline.CodeUnavailable, "%w", err)
	}
	hash := sha256.New()
	out := io.MultiWriter(temporary, hash)
	_, errHead := out.Write(head)
	rest, errRead := io.Copy(out, io.LimitReader(part, maxUpload+1-int64(n)))
	errSync := errors.Join(errHead, temporary.Sync(), temporary.Close())
	kept.Size, kept.SHA256 = int64(n)+rest, hex.EncodeToString(hash.Sum(nil))
	switch {
	case kept.Size > maxUpload:
		err = tooLarge()
	case errRead != nil:
		err = readFault(errRead)
	case errSync != nil:
		err = hotline.Errorf(opAttach, hotline.CodeUnavailable, "%w", errSync)
	}
	return temporary.Name(), err
}

func newFileID() string {
	var id [10]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24
	return strings.ToLower(base32.StdEncoding.EncodeToString(id[:]))
}

func (a *API) filePath(sha string) string { return filepath.Join(a.cfg.Files, sha[:2], sha) }

// place moves a file to where its hash says. The same content is there once.
func (a *API) place(temporary, sha string) error {
	path := a.filePath(sha)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (a *API) attachment(w http.ResponseWriter, r *http.Request, _ identity) {
	kept, err := a.cfg.Store.Attachment(r.Context(), hotline.ConversationID(chi.URLParam(r, "id")), tidy(chi.URLParam(r, "file"), 64))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	file, err := os.Open(a.filePath(kept.SHA256))
	if err != nil {
		a.refuse(w, r, hotline.Errorf("open attachment", hotline.CodeInternal, "%w", err))
		return
	}
	defer func() { _ = file.Close() }() // it was only read
	h := w.Header()
	h.Set("Content-Type", kept.Type)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": kept.Name}))
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(uploadWithin)) // else the server's own counts
	http.ServeContent(w, r, "", time.UnixMicro(kept.At), file)
}
