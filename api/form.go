package api

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"

	"github.com/hotline-cc/hotline"
)

// maxPartHeader is the size of the header of a form's part, which is kept in memory.
const maxPartHeader = 16 << 10

// fileForm is a form with one file, read part by part.
type fileForm struct {
	parts *multipart.Reader
	body  *headed
}

// filePart returns the form of a request and its field "file".
func filePart(r *http.Request) (fileForm, *multipart.Part, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" {
		return fileForm{}, nil, hotline.Errorf(opAttach, hotline.CodeUnsupported, "请用 multipart/form-data 上传 send multipart/form-data")
	}
	f := fileForm{body: &headed{r.Body, inContent}}
	r.Body = f.body
	var err error
	if f.parts, err = r.MultipartReader(); err != nil {
		return fileForm{}, nil, readFault(err)
	}
	part, err := f.next()
	switch {
	case errors.Is(err, io.EOF):
		return fileForm{}, nil, hotline.Errorf(opAttach, hotline.CodeInvalid, "缺少文件字段 file the form has no field file")
	case err != nil:
		return fileForm{}, nil, readFault(err)
	case part.FormName() != "file":
		return fileForm{}, nil, otherField()
	}
	return f, part, nil
}

// next returns the next part, for whose header not more than maxPartHeader is read.
func (f fileForm) next() (*multipart.Part, error) {
	f.body.left = maxPartHeader
	defer func() { f.body.left = inContent }()
	return f.parts.NextPart()
}

// end tells whether the form ends.
func (f fileForm) end() error {
	switch _, err := f.next(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return readFault(err)
	}
	return otherField()
}

// headed is a body of which so many bytes may be read for a header; in content there is no bound.
type headed struct {
	io.ReadCloser
	left int
}

const inContent = -1

// Read implements io.Reader.
func (h *headed) Read(p []byte) (int, error) {
	switch h.left {
	case inContent:
		return h.ReadCloser.Read(p)
	case 0:
		return 0, errPartHeader
	}
	n, err := h.ReadCloser.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}

var errPartHeader = errors.New("the header of a part is too long")

func otherField() error {
	return hotline.Errorf(opAttach, hotline.CodeInvalid, "表单应只有一个字段 file the form has one field, file")
}

// readFault tells what is wrong with reading a request.
func readFault(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return statusError{hotline.Errorf(opAttach, hotline.CodeTimeout, "上传超时 the upload took too long"), http.StatusRequestTimeout}
	}
	return statusError{hotline.Errorf(opAttach, hotline.CodeInvalid, "无法读取表单 the form cannot be read"), http.StatusBadRequest}
}

func tooLarge() error {
	return hotline.Errorf(opAttach, hotline.CodeTooLarge, "文件超过 10 MiB the file is too large")
}
