// SPDX-License-Identifier: GPL-2.0-only
/* Getting an image's bytes: by name below /lib/firmware, or from an open file. */
#include <linux/firmware.h>
#include <linux/fs.h>
#include <linux/kernel_read_file.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "regions.h"

/* A path below the firmware directory that does not leave it. */
static bool image_name_ok(const char *name)
{
	const char *at = name;

	if (*name == '/')
		return false;
	while (at) {
		if (!strncmp(at, "..", 2) && (at[2] == '/' || !at[2]))
			return false;
		at = strchr(at, '/');
		if (at)
			at++;
	}
	return true;
}

static int image_read_name(void **data, size_t *bytes, const char *name, struct remora_error *err)
{
	const struct firmware *fw;
	int ret;

	if (!image_name_ok(name))
		return remora_fail(err, REMORA_R_IMAGE_NOT_FOUND,
				   "\"%s\" is not a path below /lib/firmware", name);
	ret = firmware_request_nowarn(&fw, name, remora_root_device());
	if (ret)
		return remora_fail(err, REMORA_R_IMAGE_NOT_FOUND,
				   "image \"%s\" cannot be read below /lib/firmware (error %d)",
				   name, ret);
	*bytes = fw->size;
	*data = fw->size <= REMORA_IMAGE_FILE_MAX ? vmalloc(fw->size) : NULL;
	if (*data)
		memcpy(*data, fw->data, fw->size);
	else if (fw->size <= REMORA_IMAGE_FILE_MAX)
		ret = remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	else
		ret = remora_fail(err, REMORA_R_IMAGE_TOO_LARGE,
				  "image \"%s\" has %zu bytes; at most %u are accepted", name,
				  fw->size, REMORA_IMAGE_FILE_MAX);
	release_firmware(fw);
	return ret;
}

static int image_read_file(void **data, size_t *bytes, struct file *file, struct remora_error *err)
{
	ssize_t got;

	if (!(file->f_mode & FMODE_READ) || !S_ISREG(file_inode(file)->i_mode))
		return remora_fail(err, REMORA_R_IMAGE_NOT_FOUND,
				   "the image descriptor is not a regular file open for reading");
	if (i_size_read(file_inode(file)) > REMORA_IMAGE_FILE_MAX)
		return remora_fail(err, REMORA_R_IMAGE_TOO_LARGE,
				   "the image file has %lld bytes; at most %u are accepted",
				   i_size_read(file_inode(file)), REMORA_IMAGE_FILE_MAX);
	if (!i_size_read(file_inode(file)))
		return remora_fail(err, REMORA_R_IMAGE_TRUNCATED, "the image file is empty");
	*data = NULL;
	got = kernel_read_file(file, 0, data, REMORA_IMAGE_FILE_MAX, NULL, READING_FIRMWARE);
	if (got == -EINTR)
		return remora_fail(err, REMORA_R_INTERRUPTED, NULL);
	if (got == -ENOMEM)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	if (got < 0)
		return remora_fail(err, REMORA_R_IMAGE_NOT_FOUND,
				   "the image file cannot be read (error %zd)", got);
	*bytes = got;
	return 0;
}

int remora_image_load(struct remora_image *image, void **data, const char *name, struct file *file,
		      struct remora_error *err)
{
	size_t bytes = 0;
	int ret;

	if (file)
		ret = image_read_file(data, &bytes, file, err);
	else
		ret = image_read_name(data, &bytes, name, err);
	if (ret) {
		*data = NULL;
		return ret;
	}
	ret = remora_image_parse(*data, bytes, image, err);
	if (ret)
		remora_image_unload(image, data);
	return ret;
}

void remora_image_unload(struct remora_image *image, void **data)
{
	vfree(*data);
	*data = NULL;
	memset(image, 0, sizeof(*image));
}
