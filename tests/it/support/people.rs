//! People with accounts, signed in over HTTP.

use ilmspace::identity::{Role, VouchedAccount, create_account};
use serde_json::json;
use uuid::Uuid;

use super::{Client, TestServer};

/// Long enough for staff, guessable by nobody.
pub const PASSWORD: &str = "yashil-choy-piyola-7";

/// Somebody signed in.
pub struct Person {
    pub id: Uuid,
    pub email: String,
    pub client: Client,
}

impl std::ops::Deref for Person {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl TestServer {
    /// A student called `name`, signed in.
    pub async fn student(&self, name: &str) -> Person {
        self.person(name, &[]).await
    }

    /// An author called `name`, signed in.
    pub async fn author(&self, name: &str) -> Person {
        self.person(name, &[Role::Author]).await
    }

    /// Somebody with these roles, signed in.
    pub async fn person(&self, name: &str, roles: &[Role]) -> Person {
        let email = format!("{name}@example.com");
        let account = VouchedAccount {
            email: &email,
            password: PASSWORD,
            first_name: name,
            last_name: "Test",
            locale: "en",
            roles,
        };
        let id = create_account(&self.app, account).await.expect("an account");
        let client = self.sign_in(&email).await;
        Person { id, email, client }
    }

    /// The same person in another browser.
    pub async fn sign_in(&self, email: &str) -> Client {
        let mut client = self.anonymous();
        let credentials = json!({"email": email, "password": PASSWORD});
        let answer = client.post("/api/v1/auth/login", credentials).await.expect(200);
        client.token = Some(answer.json()["access_token"].as_str().unwrap().to_owned());
        client
    }
}
