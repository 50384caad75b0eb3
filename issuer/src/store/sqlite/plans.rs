//! How SQLite goes about the queries of an activation and of status lists, which every card multiplies.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::store::id::{CardId, DeviceId, GrantId};
use crate::store::tables::certificate::{Certificate, CertificateSummary, SpentNonce};
use crate::store::tables::device::Device;
use crate::store::tables::dossier::DossierOf;
use crate::store::tables::grant::{Grant, GrantWithRules};
use crate::store::tables::pupil::{Photo, Pupil};
use crate::store::tables::status_entry::StatusEntry;
use crate::store::{Location, Row, Statements, Store, StoreError, Value, Verb};

/// Statements that are explained before they are run.
struct Explaining<'a> {
    tx: &'a mut dyn Statements,
    plans: Vec<(String, Vec<String>)>,
}

impl Explaining<'_> {
    async fn explain(&mut self, sql: &str, params: &[Value]) -> Result<(), StoreError> {
        let rows = self.tx.query(&format!("EXPLAIN QUERY PLAN {sql}"), params).await?;
        let steps = rows.iter().map(|row| row.take(3)).collect::<Result<_, _>>()?;
        self.plans.push((sql.to_owned(), steps));
        Ok(())
    }
}

#[async_trait]
impl Statements for Explaining<'_> {
    async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.explain(sql, params).await?;
        self.tx.execute(sql, params).await
    }

    async fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.explain(sql, params).await?;
        self.tx.query(sql, params).await
    }

    fn for_update(&self) -> &'static str {
        self.tx.for_update()
    }
}

struct Explain;

#[async_trait]
impl Verb for Explain {
    type Answer = Vec<(String, Vec<String>)>;

    async fn run(&self, tx: &mut dyn Statements) -> Result<Self::Answer, StoreError> {
        let now = Timestamp::UNIX_EPOCH;
        let id = "01jd7q2h5mz8v4k3t9w6x0ybrn";
        let missing = || StoreError::Damaged("not an id");
        let card = CardId::parse(id).ok_or_else(missing)?;
        let grant = GrantId::parse(id).ok_or_else(missing)?;
        let device = DeviceId::parse(id).ok_or_else(missing)?;
        let mut explaining = Explaining { tx, plans: Vec::new() };
        {
            let tx: &mut dyn Statements = &mut explaining;
            tx.execute("INSERT INTO status_list (number, opened_at) VALUES (1, 0)", &[]).await?;
            GrantWithRules::by_offer(tx, &[0; 32]).await?;
            GrantWithRules::by_typed(tx, &[0; 32]).await?;
            let queries = [
                DossierOf::Card(&card).rows(now),
                DossierOf::Grant(&grant).rows(now),
                DossierOf::Certificate("00").rows(now),
                Grant::hold(&grant, tx),
                Grant::hold_of("00", tx),
                Device::of_grants_card(&grant),
                Device::hold_of("00", tx),
                Photo::of_grants_pupil(&grant),
                SpentNonce::of_nonce(&[0; 32]),
                CertificateSummary::of_serial("00"),
            ];
            tx.queries(&queries).await?;
            Device::of_card(tx, &card).await?;
            Certificate::find(tx, "00").await?;
            Certificate::of_device(tx, &device).await?;
            Certificate::settle(tx, "00", &[], now).await?;
            Certificate::leftovers(tx, now).await?;
            StatusEntry::ended(tx, 1, now).await?;
            // What a start asks for.
            Pupil::not_indexed(tx, 1).await?;
        }
        Ok(explaining.plans)
    }
}

/// Indexes that hold next to nothing, whatever their table holds.
const FEW: [&str; 2] = ["certificate_prepared", "pupil_not_indexed"];

#[tokio::test]
async fn queries_of_an_activation_go_by_an_index_and_sort_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Location::Sqlite(folder.path().join("issuer.db"))).await.unwrap();
    let plans = store.write(Explain).await.unwrap();
    assert!(plans.len() > 15);
    for (sql, steps) in &plans {
        // Of those that are prepared, or that a former version has entered, there are never many.
        let few = steps.iter().any(|step| FEW.iter().any(|index| step.contains(&format!("INDEX {index}"))));
        let bad = |step: &String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
        assert!(few || !steps.iter().any(bad), "{sql}\n{steps:#?}");
    }
    let ended = plans.iter().find(|(sql, _)| sql.contains("SELECT place FROM status_entry")).unwrap();
    assert!(
        plans
            .iter()
            .any(|(sql, steps)| sql.contains("prepared_at <=") && steps[0].contains("certificate_prepared"))
    );
    assert!(ended.1.iter().any(|step| step.contains("status_entry_ended")), "{:?}", ended.1);
}
