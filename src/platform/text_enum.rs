//! Enums that are stored as text: one list of variants gives the Rust type, its JSON, its OpenAPI
//! schema and its column. The database repeats the list as a check constraint.

/// Declares an enum kept in a `text` column and written to JSON by the same words.
///
/// An unknown word in the database is an error of that query, never a default.
// `tt`, not `literal`: a matched literal comes wrapped, and the derive of the schema does not see through the wrapping.
macro_rules! text_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:tt,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash,
            serde::Serialize, serde::Deserialize, utoipa::ToSchema,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        $vis enum $name {
            $(
                $(#[$variant_meta])*
                #[serde(rename = $text)]
                $variant,
            )+
        }

        impl $name {
            /// The word in the database and in JSON.
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                std::io::Write::write_all(out, self.as_str().as_bytes())?;
                Ok(diesel::serialize::IsNull::No)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                match value.as_bytes() {
                    $(word if word == $text.as_bytes() => Ok(Self::$variant),)+
                    word => Err(format!(
                        "“{}” is not a {}",
                        String::from_utf8_lossy(word),
                        stringify!($name),
                    )
                    .into()),
                }
            }
        }
    };
}

pub(crate) use text_enum;
