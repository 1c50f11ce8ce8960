use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use telecine_parts::Configured;

use crate::yaml::{documents, is_pinned, list, repository, texts};

/// All that `kustomization.yaml` names, and itself.
fn manifests() -> (Value, Vec<Value>) {
    let kustomization = documents("collector/kustomization.yaml").remove(0);
    let resources = texts(&kustomization["resources"]);
    let all = resources.iter().flat_map(|file| documents(repository("collector").join(file))).collect();
    (kustomization, all)
}

fn of<'a>(all: &'a [Value], kind: &str) -> Vec<&'a Value> {
    all.iter().filter(|manifest| manifest["kind"] == kind).collect()
}

fn environment(container: &Value) -> BTreeMap<&str, &str> {
    let list = list(&container["env"]);
    list.iter().filter_map(|variable| Some((variable["name"].as_str()?, variable["value"].as_str()?))).collect()
}

#[test]
fn every_manifest_is_listed_and_every_configuration_is_one_of_ours() {
    let (kustomization, _) = manifests();
    let listed: BTreeSet<&str> = texts(&kustomization["resources"]).into_iter().collect();
    for entry in std::fs::read_dir(repository("collector/kubernetes")).unwrap() {
        let name = format!("kubernetes/{}", entry.unwrap().file_name().to_str().unwrap());
        assert!(listed.contains(&*name), "{name} is not among the resources");
    }
    for generated in list(&kustomization["configMapGenerator"]) {
        let files = texts(&generated["files"]);
        files.iter().for_each(|file| assert!(repository("collector").join(file).is_file(), "{file}"));
        // What a container is given is what is valid together.
        Configured::validate(&files).unwrap();
    }
}

#[test]
fn containers_run_what_their_maps_hold_with_variables_that_are_read() {
    let (kustomization, all) = manifests();
    let images: BTreeMap<&str, String> = list(&kustomization["images"])
        .iter()
        .map(|image| {
            let tag = format!("{}:{}", image["newName"].as_str().unwrap(), image["newTag"].as_str().unwrap());
            (image["name"].as_str().unwrap(), tag)
        })
        .collect();
    let mut seen = 0;
    for workload in of(&all, "DaemonSet").into_iter().chain(of(&all, "StatefulSet")) {
        let pod = &workload["spec"]["template"]["spec"];
        assert_eq!(
            workload["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"],
            workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
        );
        for container in list(&pod["containers"]) {
            seen += 1;
            assert!(is_pinned(&images[container["image"].as_str().unwrap()]));
            let map = list(&pod["volumes"]).iter().find_map(|volume| volume["configMap"]["name"].as_str()).unwrap();
            let generated =
                list(&kustomization["configMapGenerator"]).iter().find(|generated| generated["name"] == map);
            let files: Vec<&str> = texts(&generated.unwrap()["files"]);
            let given: Vec<&str> = texts(&container["args"])
                .iter()
                .map(|argument| argument.strip_prefix("--config=/etc/otelcol/").unwrap())
                .collect();
            let held: Vec<&str> = files.iter().map(|file| file.rsplit('/').next().unwrap()).collect();
            assert_eq!(given, held, "{map}");
            let text: String =
                files.iter().map(|file| std::fs::read_to_string(repository("collector").join(file)).unwrap()).collect();
            for name in environment(container).keys().filter(|name| name.starts_with("TELECINE_")) {
                assert!(text.contains(&format!("${{env:{name}")), "{name} is not read by {map}");
            }
            let safety = &container["securityContext"];
            assert_eq!(safety["readOnlyRootFilesystem"], true);
            assert_eq!(safety["allowPrivilegeEscalation"], false);
            assert_eq!(texts(&safety["capabilities"]["drop"]), ["ALL"]);
            assert!(container["resources"]["limits"]["memory"].is_string());
            assert!(container["readinessProbe"].is_object() && container["livenessProbe"].is_object());
            for mount in list(&container["volumeMounts"]) {
                let state = mount["name"] == "state";
                assert!(state || mount["readOnly"] == true, "{mount}");
            }
        }
    }
    assert_eq!(seen, 2);
}

fn named<'a>(all: &'a [Value], kind: &str, name: &str) -> &'a Value {
    of(all, kind).into_iter().find(|manifest| manifest["metadata"]["name"] == name).unwrap()
}

#[test]
fn agents_name_every_replica_of_the_gateway() {
    let (_, all) = manifests();
    let gateways = of(&all, "StatefulSet")[0];
    let service = named(&all, "Service", "otelcol-gateway");
    let name = gateways["metadata"]["name"].as_str().unwrap();
    assert_eq!(
        (&service["spec"]["clusterIP"], &gateways["spec"]["serviceName"]),
        (&"None".into(), &service["metadata"]["name"])
    );
    let agent = &of(&all, "DaemonSet")[0]["spec"]["template"]["spec"]["containers"][0];
    let expected: Vec<String> = (0..gateways["spec"]["replicas"].as_u64().unwrap())
        .map(|number| format!("{name}-{number}.{}:4317", service["metadata"]["name"].as_str().unwrap()))
        .collect();
    assert_eq!(environment(agent)["TELECINE_GATEWAYS"], format!("[{}]", expected.join(",")));
}

#[test]
fn monitors_find_what_they_look_for() {
    let (_, all) = manifests();
    let service = named(&all, "Service", "otelcol-gateway");
    let ports: Vec<&str> = list(&service["spec"]["ports"]).iter().filter_map(|port| port["name"].as_str()).collect();
    for monitor in of(&all, "ServiceMonitor") {
        let wanted = monitor["spec"]["selector"]["matchLabels"].as_object().unwrap();
        wanted.iter().for_each(|(label, value)| assert_eq!(&service["metadata"]["labels"][label], value));
        assert!(ports.contains(&monitor["spec"]["endpoints"][0]["port"].as_str().unwrap()));
    }
    let agents = of(&all, "DaemonSet")[0];
    let pod = &agents["spec"]["template"];
    let monitor = named(&all, "PodMonitor", "otelcol-agent");
    let wanted = monitor["spec"]["selector"]["matchLabels"].as_object().unwrap();
    wanted.iter().for_each(|(label, value)| assert_eq!(&pod["metadata"]["labels"][label], value));
    let ports = list(&pod["spec"]["containers"][0]["ports"]);
    assert!(ports.iter().any(|port| port["name"] == monitor["spec"]["podMetricsEndpoints"][0]["port"]));
}

/// Programs reach the agent of their own node, and nobody from outside does.
#[test]
fn an_agent_is_reached_from_its_own_node() {
    let (_, all) = manifests();
    let (service, agents) = (named(&all, "Service", "otelcol-agent"), of(&all, "DaemonSet")[0]);
    assert_eq!(service["spec"]["internalTrafficPolicy"], "Local");
    let ports = list(&agents["spec"]["template"]["spec"]["containers"][0]["ports"]);
    assert!(ports.iter().all(|port| port["hostPort"].is_null()));
    for port in list(&service["spec"]["ports"]) {
        assert!(ports.iter().any(|open| open["name"] == port["targetPort"]), "{port}");
    }
    let policy = named(&all, "NetworkPolicy", "otelcol-agent");
    assert_eq!(policy["spec"]["podSelector"]["matchLabels"], agents["spec"]["selector"]["matchLabels"]);
    assert!(policy["spec"]["ingress"][0]["from"][0]["namespaceSelector"]["matchLabels"].is_object());
}
