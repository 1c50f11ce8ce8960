//! Jobs that another program's API gives out.

use std::sync::Arc;

use anyhow::Context as _;

use crate::claims::{Claim, Claims};
use crate::inputs::Inputs;
use crate::pipeline::{JobType, Pipeline};
use crate::progress::Bars;

/// Takes jobs until it is told to stop.
pub async fn serve(claims: Claims, at_once: usize, pipeline: Arc<Pipeline>, inputs: Arc<Inputs>, bars: Bars) {
    let types = JobType::ALL.map(JobType::as_str);
    let run = move |claim: Claim| {
        let (pipeline, inputs, bars) = (Arc::clone(&pipeline), Arc::clone(&inputs), bars.clone());
        async move {
            let Claim { id, job_type, input, steps } = claim;
            let job_type = JobType::named(&job_type).with_context(|| format!("{job_type} is no job of this worker"))?;
            let input = inputs.requested(&input).await?;
            let bar = bars.job(&input.file_name().unwrap_or_default().to_string_lossy());
            let outputs = pipeline.run(&id, job_type, &input, &steps, &bar).await?;
            Ok(outputs.into_iter().flat_map(|output| output.objects).collect())
        }
    };
    claims.serve(&types, at_once, run).await;
}
