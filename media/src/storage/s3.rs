//! Objects in an S3-compatible service (Amazon, MinIO, Garage, Ceph …). One bucket, credentials
//! given by configuration.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart as S3Part};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use kernel::SecretBytes;

use super::{
    ByteStream, CompletedPart, MAX_LIST, MultipartId, ObjectEntry, ObjectKey, ObjectStore, PartTag,
    StorageError,
};

/// How many deletions run at once in [`ObjectStore::delete_prefix`].
const DELETES_AT_ONCE: usize = 8;

/// Where the service is and how to sign in to it.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// `https://…` of the service; `None` for Amazon's own of `region`.
    pub endpoint: Option<String>,
    /// The region that signatures name, e.g. `us-east-1`.
    pub region: String,
    /// The bucket, which must exist.
    pub bucket: String,
    /// The bucket stands in the path and not in the host name: right for all but Amazon, and
    /// for Amazon too as yet.
    pub path_style: bool,
    /// Public half of the credentials.
    pub access_key_id: String,
    /// Secret half (UTF-8).
    pub secret_access_key: SecretBytes,
    /// Limit of one call with all its retries; the bytes of a streamed body are not counted.
    pub timeout: Duration,
}

/// An [`ObjectStore`] over the S3 protocol.
#[derive(Debug, Clone)]
pub struct S3Store {
    client: Client,
    bucket: String,
}

impl S3Store {
    /// A client for `config`; nothing is sent yet.
    ///
    /// # Errors
    /// [`StorageError::Refused`] when the secret is not text.
    pub fn new(config: S3Config) -> Result<Self, StorageError> {
        let secret = std::str::from_utf8(config.secret_access_key.expose())
            .map_err(|_| StorageError::Refused("the S3 secret is not UTF-8".into()))?;
        let credentials = Credentials::new(config.access_key_id, secret, None, None, "config");
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(config.timeout.min(Duration::from_secs(3)))
            .operation_attempt_timeout(config.timeout / 2)
            .operation_timeout(config.timeout)
            .build();
        let mut builder = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(config.region))
            .credentials_provider(credentials)
            .force_path_style(config.path_style)
            // Newer default checksums are refused by several S3-compatible services.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts);
        if let Some(endpoint) = config.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Ok(Self { client: Client::from_conf(builder.build()), bucket: config.bucket })
    }

    async fn open(
        &self,
        key: &ObjectKey,
        range: Option<&Range<u64>>,
    ) -> Result<GetObjectOutput, StorageError> {
        let range = range.map(|r| format!("bytes={}-{}", r.start, r.end.saturating_sub(1)));
        let request = self.client.get_object().bucket(&self.bucket).key(key.as_str());
        request.set_range(range).send().await.map_err(translate)
    }
}

/// What a failed call means to the caller.
fn translate<E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static>(
    error: SdkError<E>,
) -> StorageError {
    let code = error.code().unwrap_or_default().to_owned();
    match &error {
        SdkError::ServiceError(answer) => match answer.raw().status().as_u16() {
            _ if code == "NoSuchBucket" => StorageError::Refused("the bucket is missing".into()),
            _ if code == "NoSuchUpload" => StorageError::NotFound,
            404 => StorageError::NotFound,
            416 => StorageError::OutOfRange,
            status @ (408 | 429 | 500..) => {
                StorageError::Unavailable(format!("status {status} {code}"))
            }
            status => StorageError::Refused(format!("status {status} {code}")),
        },
        SdkError::ConstructionFailure(_) => StorageError::Refused("the request is broken".into()),
        // The display text of a transport error names host and cause, never credentials.
        other => {
            let cause = std::error::Error::source(other).map(ToString::to_string);
            StorageError::Unavailable(cause.unwrap_or_else(|| other.to_string()))
        }
    }
}

fn wrong_part(number: u32) -> StorageError {
    StorageError::Refused(format!("part {number} is wrong"))
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), StorageError> {
        let request = self.client.put_object().bucket(&self.bucket).key(key.as_str());
        request.body(bytes.into()).send().await.map_err(translate).map(|_| ())
    }

    async fn get(&self, key: &ObjectKey) -> Result<Bytes, StorageError> {
        let answer = self.open(key, None).await?;
        let body = answer.body.collect().await;
        body.map(|body| body.into_bytes()).map_err(|e| StorageError::Unavailable(e.to_string()))
    }

    async fn stream(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError> {
        if range.as_ref().is_some_and(Range::is_empty) {
            return Err(StorageError::OutOfRange);
        }
        let answer = self.open(key, range.as_ref()).await?;
        let wanted = range.map(|r| r.end - r.start);
        // The protocol clips a range that passes the end; the port refuses it.
        if wanted.is_some_and(|wanted| answer.content_length.map(i64::unsigned_abs) != Some(wanted))
        {
            return Err(StorageError::OutOfRange);
        }
        let pieces = stream::try_unfold(answer.body, |mut body| async move {
            match body.try_next().await {
                Ok(piece) => Ok(piece.map(|piece| (piece, body))),
                Err(error) => Err(StorageError::Unavailable(error.to_string())),
            }
        });
        Ok(pieces.boxed())
    }

    async fn head(&self, key: &ObjectKey) -> Result<u64, StorageError> {
        let request = self.client.head_object().bucket(&self.bucket).key(key.as_str());
        let answer = request.send().await.map_err(translate)?;
        Ok(answer.content_length().unwrap_or_default().unsigned_abs())
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(key.as_str());
        match request.send().await.map_err(translate) {
            Err(StorageError::NotFound) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn delete_prefix(&self, prefix: &ObjectKey) -> Result<u64, StorageError> {
        let mut deleted = 0;
        loop {
            let page = self.list(prefix, None, MAX_LIST).await?;
            if page.is_empty() {
                return Ok(deleted);
            }
            deleted += page.len() as u64;
            stream::iter(page.into_iter().map(Ok))
                .try_for_each_concurrent(DELETES_AT_ONCE, |entry| async move {
                    self.delete(&entry.key).await
                })
                .await?;
        }
    }

    async fn list(
        &self,
        prefix: &ObjectKey,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<ObjectEntry>, StorageError> {
        let limit = limit.min(MAX_LIST);
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.client.list_objects_v2().bucket(&self.bucket);
            let request = request.prefix(prefix.as_str()).set_continuation_token(token);
            let request = request.set_start_after(after.map(|key| key.as_str().to_owned()));
            let page = request.send().await.map_err(translate)?;
            for object in page.contents() {
                // A name that is no key of ours was not put here by us: it is left alone.
                let Some(Ok(key)) = object.key().map(ObjectKey::new) else { continue };
                if key.is_under(prefix) && after.is_none_or(|after| key > *after) {
                    let len = object.size().unwrap_or_default().unsigned_abs();
                    found.push(ObjectEntry { key, len });
                }
            }
            token = page.next_continuation_token().map(str::to_owned);
            if token.is_none() || found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }

    fn every(&self) -> BoxStream<'_, Result<ObjectEntry, StorageError>> {
        let pages =
            stream::try_unfold(Some(None), move |next: Option<Option<String>>| async move {
                let Some(token) = next else { return Ok::<_, StorageError>(None) };
                let request = self.client.list_objects_v2().bucket(&self.bucket);
                let page = request.set_continuation_token(token).send().await.map_err(translate)?;
                let found: Vec<_> = page
                    .contents()
                    .iter()
                    .filter_map(|object| {
                        let key = ObjectKey::new(object.key()?).ok()?;
                        let len = object.size().unwrap_or_default().unsigned_abs();
                        Some(Ok(ObjectEntry { key, len }))
                    })
                    .collect();
                let next = page.next_continuation_token().map(|token| Some(token.to_owned()));
                Ok(Some((stream::iter(found), next)))
            });
        pages.try_flatten().boxed()
    }

    async fn create_multipart(&self, key: &ObjectKey) -> Result<MultipartId, StorageError> {
        let request = self.client.create_multipart_upload().bucket(&self.bucket).key(key.as_str());
        let answer = request.send().await.map_err(translate)?;
        let id = answer.upload_id.ok_or_else(|| StorageError::Refused("no upload id".into()))?;
        Ok(MultipartId(id))
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        number: u32,
        bytes: Bytes,
    ) -> Result<PartTag, StorageError> {
        let part = i32::try_from(number).map_err(|_| wrong_part(number))?;
        let request = self.client.upload_part().bucket(&self.bucket).key(key.as_str());
        let request = request.upload_id(&upload.0).part_number(part).body(bytes.into());
        let answer = request.send().await.map_err(translate)?;
        let tag = answer.e_tag.ok_or_else(|| StorageError::Refused("no part tag".into()))?;
        Ok(PartTag(tag))
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        parts: &[CompletedPart],
    ) -> Result<(), StorageError> {
        let mut named = CompletedMultipartUpload::builder();
        for part in parts {
            let number = i32::try_from(part.number).map_err(|_| wrong_part(part.number))?;
            named = named.parts(S3Part::builder().part_number(number).e_tag(&part.tag.0).build());
        }
        let request = self.client.complete_multipart_upload().bucket(&self.bucket);
        let request = request.key(key.as_str()).upload_id(&upload.0);
        let request = request.multipart_upload(named.build());
        request.send().await.map_err(translate).map(|_| ())
    }

    async fn abort_multipart(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
    ) -> Result<(), StorageError> {
        let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(key.as_str());
        match request.upload_id(&upload.0).send().await.map_err(translate) {
            Err(StorageError::NotFound) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn health(&self) -> Result<(), StorageError> {
        let request = self.client.head_bucket().bucket(&self.bucket);
        match request.send().await.map_err(translate) {
            // A HEAD has no body to say so, but this is what it means.
            Err(StorageError::NotFound) => {
                Err(StorageError::Refused("the bucket is missing".into()))
            }
            other => other.map(|_| ()),
        }
    }
}
